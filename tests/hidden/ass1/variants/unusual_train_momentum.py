"""Momentum, and a learning rate that falls."""

# expect: full

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x, y = tf.convert_to_tensor(x, tf.float32), tf.cast(y, tf.int32)
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)
    speed = [tf.Variable(tf.zeros_like(p)) for p in params]
    rate = tf.Variable(0.05)

    @tf.function(reduce_retracing=True)
    def step(bx, by):
        for p, s, g in zip(params, speed, gradients(params, bx, by)):
            s.assign(0.9 * s - rate * g)
            p.assign_add(s)

    shuffler = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = tf.constant(shuffler.permutation(len(x)))
        for start in range(0, len(x), batch_size):
            rate.assign(0.05 * 0.97**epoch)
            chosen = order[start : start + batch_size]
            step(tf.gather(x, chosen), tf.gather(y, chosen))
    return params
