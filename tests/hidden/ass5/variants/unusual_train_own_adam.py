"""Adam written by hand, the loss by tf.nn."""

# expect: full

# %% train_rnn
def train_rnn(tokens, y, hidden, mode, masked, epochs, seed):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    targets = tf.cast(tf.convert_to_tensor(y), tf.float32)[:, tf.newaxis]
    handle = init_rnn(int(tf.reduce_max(tokens)) + 1, hidden, 1, seed)
    weights = list(handle.values())
    first = [tf.Variable(tf.zeros_like(w)) for w in weights]
    second = [tf.Variable(tf.zeros_like(w)) for w in weights]
    count = tf.Variable(0.0)

    def cross_entropy(wanted, given):
        if mode == "mean_probs":
            given = tf.math.log(given + 1e-7) - tf.math.log(1.0 - given + 1e-7)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(wanted, given))

    @tf.function(reduce_retracing=True)
    def update(batch, wanted):
        with tf.GradientTape() as tape:
            loss = cross_entropy(wanted, logits(handle, batch, mode, masked))
        count.assign_add(1.0)
        for w, g, m, s in zip(weights, tape.gradient(loss, weights), first, second):
            m.assign(0.9 * m + 0.1 * g)
            s.assign(0.999 * s + 0.001 * g * g)
            w.assign_sub(0.003 * m / (1 - 0.9**count) / (tf.sqrt(s / (1 - 0.999**count)) + 1e-7))

    shuffler = np.random.default_rng(seed)
    for _ in range(epochs):
        order = tf.constant(shuffler.permutation(len(tokens)))
        for start in range(0, len(tokens), 64):
            chosen = order[start : start + 64]
            update(tf.gather(tokens, chosen), tf.gather(targets, chosen))
    return handle
