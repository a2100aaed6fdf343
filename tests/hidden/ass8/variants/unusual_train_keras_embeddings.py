"""Keras embedding layers and a larger learning rate."""

# expect: full

# %% train_w2v
def train_w2v(seqs, vocab, dim, window, num_ns, epochs, seed):
    tf.keras.utils.set_random_seed(seed % 2**31)
    words, contexts = tf.keras.layers.Embedding(vocab, dim), tf.keras.layers.Embedding(vocab, dim)
    words.build(()), contexts.build(())
    weights = words.trainable_variables + contexts.trainable_variables
    optimizer = tf.keras.optimizers.Adam(0.02)
    optimizer.build(weights)

    @tf.function(reduce_retracing=True)
    def step(target, context, label):
        with tf.GradientTape() as tape:
            value = sgns_loss(words.embeddings, contexts.embeddings, target, context, label)
        optimizer.apply_gradients(zip(tape.gradient(value, weights), weights))

    for epoch in range(epochs):
        data = training_examples(seqs, window, num_ns, vocab, seed, epoch)
        for batch in tf.data.Dataset.from_tensor_slices(data).shuffle(len(data[0]), seed=epoch).batch(512):
            step(*batch)
    return words.embeddings, contexts.embeddings
