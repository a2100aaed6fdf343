"""Adam by hand."""

# expect: full

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x, y = tf.convert_to_tensor(x, tf.float32), tf.cast(y, tf.int32)
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)
    m = [tf.Variable(tf.zeros_like(p)) for p in params]
    v = [tf.Variable(tf.zeros_like(p)) for p in params]
    t = tf.Variable(0.0)

    @tf.function(reduce_retracing=True)
    def step(bx, by):
        t.assign_add(1.0)
        for p, a, b, g in zip(params, m, v, gradients(params, bx, by)):
            a.assign(0.9 * a + 0.1 * g)
            b.assign(0.999 * b + 0.001 * g * g)
            p.assign_sub(0.002 * (a / (1.0 - 0.9**t)) / (tf.sqrt(b / (1.0 - 0.999**t)) + 1e-7))

    shuffler = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = tf.constant(shuffler.permutation(len(x)))
        for start in range(0, len(x), batch_size):
            chosen = order[start : start + batch_size]
            step(tf.gather(x, chosen), tf.gather(y, chosen))
    return params
