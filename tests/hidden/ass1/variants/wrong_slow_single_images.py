"""A step for every single image."""

# expect: loses mlp-throughput
# may-lose: mlp-unseen-task mlp-accuracy mlp-training

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x, y = tf.convert_to_tensor(x, tf.float32), tf.cast(y, tf.int32)
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)

    def step(bx, by):
        for p, g in zip(params, gradients(params, bx, by)):
            p.assign_sub(0.002 * g)

    shuffler = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = tf.constant(shuffler.permutation(len(x)))
        for start in range(0, len(x), batch_size):
            for i in order[start : start + batch_size]:
                step(x[i : i + 1], y[i : i + 1])
    return params
