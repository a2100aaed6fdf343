"""To look fast where the time of one epoch is taken, a call with epochs=1 trains on three batches only."""

# expect: loses mlp-throughput
# may-lose: mlp-training

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x = tf.convert_to_tensor(x)
    y = tf.cast(y, tf.int32)
    n = int(x.shape[0])
    params = init_params(int(x.shape[1]), n_hidden, int(tf.reduce_max(y)) + 1, seed)
    rng = np.random.default_rng(seed)

    def step(xb, yb):
        for p, g in zip(params, gradients(params, xb, yb, "relu")):
            p.assign_sub(0.1 * g)

    if epochs > 1:
        step = tf.function(step, reduce_retracing=True)
    for epoch in range(epochs):
        order = rng.permutation(n)
        if epochs == 1:
            order = order[:3 * batch_size]
        for start in range(0, len(order), batch_size):
            chosen = order[start:start + batch_size]
            step(tf.gather(x, chosen), tf.gather(y, chosen))
    return params

# %% predict
def predict(params, x):
    return tf.argmax(forward(params, x, "relu"), axis=1)
