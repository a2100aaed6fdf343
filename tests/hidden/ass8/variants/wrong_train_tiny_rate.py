"""A learning rate of 1e-6."""

# expect: loses embedding-quality

# %% train_w2v
def train_w2v(seqs, vocab, dim, window, num_ns, epochs, seed):
    E = tf.Variable(tf.random.stateless_normal([vocab, dim], seed=[seed, 1], stddev=dim**-0.5))
    C = tf.Variable(tf.random.stateless_normal([vocab, dim], seed=[seed, 2], stddev=dim**-0.5))
    optimizer = tf.keras.optimizers.SGD(1e-6)
    optimizer.build([E, C])

    @tf.function(reduce_retracing=True)
    def step(target, context, label):
        with tf.GradientTape() as tape:
            value = sgns_loss(E, C, target, context, label)
        optimizer.apply_gradients(zip(tape.gradient(value, [E, C]), [E, C]))

    for epoch in range(epochs):
        data = training_examples(seqs, window, num_ns, vocab, seed, epoch)
        order = np.random.default_rng([seed, epoch, 1]).permutation(len(data[0]))
        for start in range(0, len(order), 256):
            chosen = order[start : start + 256]
            step(*(tf.constant(part[chosen]) for part in data))
    return E.numpy(), C.numpy()
