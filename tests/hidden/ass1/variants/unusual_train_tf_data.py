"""Batches from tf.data, the last short one dropped."""

# expect: full

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    params = init_params(x.shape[1], n_hidden, int(np.max(y)) + 1, seed)
    data = tf.data.Dataset.from_tensor_slices((x, tf.cast(y, tf.int32)))
    data = data.shuffle(len(x), seed=seed).batch(batch_size, drop_remainder=len(x) >= batch_size).prefetch(2)

    @tf.function
    def step(bx, by):
        for p, g in zip(params, gradients(params, bx, by)):
            p.assign_sub(0.1 * g)

    for _ in range(epochs):
        for bx, by in data:
            step(bx, by)
    return params
