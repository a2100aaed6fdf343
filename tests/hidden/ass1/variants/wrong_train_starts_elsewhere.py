"""The training starts from parameters of a seed of its own; the one asked for only shuffles."""

# expect: loses mlp-training

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x, y = tf.convert_to_tensor(x, tf.float32), tf.cast(y, tf.int32)
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, 42)

    @tf.function(reduce_retracing=True)
    def step(bx, by):
        for p, g in zip(params, gradients(params, bx, by)):
            p.assign_sub(0.1 * g)

    shuffler = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = tf.constant(shuffler.permutation(len(x)))
        for start in range(0, len(x), batch_size):
            chosen = order[start : start + batch_size]
            step(tf.gather(x, chosen), tf.gather(y, chosen))
    return params
