"""A little weight decay, and the best epoch on a tenth of the data is kept."""

# expect: full

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x, y = tf.convert_to_tensor(x, tf.float32), tf.cast(y, tf.int32)
    held = max(1, len(x) // 10)
    held_x, held_y = x[-held:], y[-held:]
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)
    best, kept = -1.0, None

    @tf.function(reduce_retracing=True)
    def step(bx, by):
        for p, g in zip(params, gradients(params, bx, by)):
            p.assign_sub(0.1 * (g + 1e-5 * p))

    shuffler = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = tf.constant(shuffler.permutation(len(x)))
        for start in range(0, len(x), batch_size):
            chosen = order[start : start + batch_size]
            step(tf.gather(x, chosen), tf.gather(y, chosen))
            if start + batch_size >= len(x):
                right = float(tf.reduce_mean(tf.cast(predict(params, held_x) == tf.cast(held_y, tf.int64), tf.float32)))
                if right >= best:
                    best, kept = right, [tf.identity(p) for p in params]
    for p, value in zip(params, kept or params):
        p.assign(value)
    return params
