"""Parameters are kept for each set of arguments and handed out again, with whatever was written into them meanwhile."""

# expect: loses mlp-init
# may-lose: mlp-training

# %% init_params
KEPT = {}

def init_params(n_in, n_hidden, n_out, seed):
    key = (n_in, n_hidden, n_out, seed)
    if key not in KEPT:
        rng = np.random.default_rng(seed)
        w1 = rng.normal(0, math.sqrt(2 / n_in), size=(n_in, n_hidden)).astype("float32")
        w2 = rng.normal(0, math.sqrt(2 / n_hidden), size=(n_hidden, n_out)).astype("float32")
        KEPT[key] = [tf.Variable(w1), tf.Variable(tf.zeros([n_hidden])), tf.Variable(w2), tf.Variable(tf.zeros([n_out]))]
    return KEPT[key]

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x, y = tf.convert_to_tensor(x, tf.float32), tf.cast(y, tf.int32)
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)

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
