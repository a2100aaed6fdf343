"""The hidden layer is linear in training and prediction, as forward's activation is worked around."""

# expect: loses mlp-unseen-task mlp-accuracy
# may-lose: mlp-training

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x, y = tf.convert_to_tensor(x, tf.float32), tf.cast(y, tf.int32)
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)

    @tf.function(reduce_retracing=True)
    def step(bx, by):
        with tf.GradientTape() as tape:
            z = (bx @ params[0] + params[1]) @ params[2] + params[3]
            value = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(by, z))
        for p, g in zip(params, tape.gradient(value, params)):
            p.assign_sub(0.1 * g)

    shuffler = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = tf.constant(shuffler.permutation(len(x)))
        for start in range(0, len(x), batch_size):
            chosen = order[start : start + batch_size]
            step(tf.gather(x, chosen), tf.gather(y, chosen))
    return params

# %% predict
def predict(params, x):
    return tf.argmax((x @ params[0] + params[1]) @ params[2] + params[3], axis=1)
