"""train keeps the last network of each size and goes on from it in the next call instead of starting from init_params."""

# expect: loses mlp-training
# may-lose: mlp-throughput

# %% train
trained_before = {}


def train(x, y, n_hidden, epochs, batch_size, seed):
    x = tf.convert_to_tensor(x)
    y = tf.cast(y, tf.int32)
    n, n_in = int(x.shape[0]), int(x.shape[1])
    n_out = int(tf.reduce_max(y)) + 1
    params = init_params(n_in, n_hidden, n_out, seed)
    if (n_in, n_hidden, n_out) in trained_before:
        for p, old in zip(params, trained_before[n_in, n_hidden, n_out]):
            p.assign(old)
    rng = np.random.default_rng(seed)

    @tf.function(reduce_retracing=True)
    def step(xb, yb):
        for p, g in zip(params, gradients(params, xb, yb, "relu")):
            p.assign_sub(0.1 * g)

    for epoch in range(epochs):
        order = rng.permutation(n)
        for start in range(0, n, batch_size):
            chosen = order[start:start + batch_size]
            step(tf.gather(x, chosen), tf.gather(y, chosen))
    trained_before[n_in, n_hidden, n_out] = [p.numpy() for p in params]
    return params

# %% predict
def predict(params, x):
    return tf.argmax(forward(params, x, "relu"), axis=1)
