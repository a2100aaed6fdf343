"""The vocabulary is as large as the number of different tokens that occur."""

# expect: loses rnn-learns

# Wrong: right if every token up to the largest occurs, padding included. Otherwise the largest words have no row of W:
# tf.one_hot makes zeros of them, and they are all the same to the network. The network also takes inputs of another width
# than the largest token plus one. Specification: "makes a network with one output and a vocabulary of the largest token
# plus one".

# %% train_rnn
def train_rnn(tokens, y, hidden, mode, masked, epochs, seed):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    targets = tf.cast(tf.convert_to_tensor(y), tf.float32)[:, tf.newaxis]
    handle = init_rnn(len(np.unique(np.asarray(tokens))), hidden, 1, seed)
    weights = list(handle.values())
    optimiser = tf.keras.optimizers.Adam(0.003, clipnorm=1.0)
    cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=mode != "mean_probs")

    @tf.function(reduce_retracing=True)
    def update(batch, wanted):
        with tf.GradientTape() as tape:
            loss = cross_entropy(wanted, logits(handle, batch, mode, masked))
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))

    shuffler = np.random.default_rng(seed)
    for _ in range(epochs):
        order = tf.constant(shuffler.permutation(len(tokens)))
        for start in range(0, len(tokens), 64):
            chosen = order[start : start + 64]
            update(tf.gather(tokens, chosen), tf.gather(targets, chosen))
    return handle
