"""Only the last layer is trained."""

# expect: loses mlp-training mlp-unseen-task mlp-accuracy

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x, y = tf.convert_to_tensor(x, tf.float32), tf.cast(y, tf.int32)
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)

    @tf.function(reduce_retracing=True)
    def step(bx, by):
        found = gradients(params, bx, by)
        params[2].assign_sub(0.1 * found[2])
        params[3].assign_sub(0.1 * found[3])

    shuffler = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = tf.constant(shuffler.permutation(len(x)))
        for start in range(0, len(x), batch_size):
            chosen = order[start : start + batch_size]
            step(tf.gather(x, chosen), tf.gather(y, chosen))
    return params
