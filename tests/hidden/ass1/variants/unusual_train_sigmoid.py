"""Trained and used with the logistic sigmoid and a large learning rate."""

# expect: full

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x, y = tf.convert_to_tensor(x, tf.float32), tf.cast(y, tf.int32)
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)

    @tf.function(reduce_retracing=True)
    def step(bx, by):
        for p, g in zip(params, gradients(params, bx, by, "sigmoid")):
            p.assign_sub(1.0 * g)

    shuffler = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = tf.constant(shuffler.permutation(len(x)))
        for start in range(0, len(x), batch_size):
            chosen = order[start : start + batch_size]
            step(tf.gather(x, chosen), tf.gather(y, chosen))
    return params

# %% predict
def predict(params, x):
    return tf.cast(tf.math.top_k(forward(params, x, "sigmoid")).indices[:, 0], tf.int64)
