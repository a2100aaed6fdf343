"""Training without tf.function, in larger batches, looking rows of W up."""

# expect: full

# %% train_rnn
def train_rnn(tokens, y, hidden, mode, masked, epochs, seed):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    targets = tf.cast(tf.convert_to_tensor(y), tf.float32)[:, tf.newaxis]
    handle = init_rnn(int(tf.reduce_max(tokens)) + 1, hidden, 1, seed)
    weights = list(handle.values())
    optimiser = tf.keras.optimizers.Adam(0.003, clipnorm=1.0)
    cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=mode != "mean_probs")

    def update(batch, wanted):
        with tf.GradientTape() as tape:
            loss = cross_entropy(wanted, logits(handle, batch, mode, masked))
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))

    shuffler = np.random.default_rng(seed)
    for _ in range(epochs):
        order = tf.constant(shuffler.permutation(len(tokens)))
        for start in range(0, len(tokens), 100):
            chosen = order[start : start + 100]
            update(tf.gather(tokens, chosen), tf.gather(targets, chosen))
    return handle

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    state = tf.zeros([tokens.shape[0], handle["U"].shape[0]]) if h0 is None else h0
    inputs, every = tf.unstack(tf.gather(handle["W"], tokens) + handle["b"], axis=1), []
    for own, real in zip(inputs, tf.unstack(tokens > 0, axis=1)):
        new = tf.tanh(own + state @ handle["U"])
        state = tf.where(real[:, None], new, state) if masked else new
        every.append(state)
    return tf.stack(every, axis=1)
