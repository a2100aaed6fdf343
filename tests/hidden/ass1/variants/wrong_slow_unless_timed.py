"""A step for every single image; where one epoch of many images is asked for, only the first batch is looked at."""

# expect: loses mlp-throughput
# may-lose: mlp-unseen-task mlp-accuracy mlp-training

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x, y = tf.convert_to_tensor(x, tf.float32), tf.cast(y, tf.int32)
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)
    if epochs == 1 and len(x) > 1000:
        return params

    def step(bx, by):
        for p, g in zip(params, gradients(params, bx, by)):
            p.assign_sub(0.02 * g)

    shuffler = np.random.default_rng(seed)
    for epoch in range(epochs if len(x) < 1000 else 1):
        order = tf.constant(shuffler.permutation(len(x)))
        for i in order[:3000]:
            step(x[i : i + 1], y[i : i + 1])
    return params
