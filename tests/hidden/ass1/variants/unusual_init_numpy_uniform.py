"""Uniform weights from NumPy, small random biases."""

# expect: full

# %% init_params
def init_params(n_in, n_hidden, n_out, seed):
    rng = np.random.default_rng(seed)
    return [tf.Variable(rng.uniform(-0.1, 0.1, (n_in, n_hidden)).astype('float32')), tf.Variable(rng.normal(0, 0.01, n_hidden).astype('float32')), tf.Variable(rng.uniform(-0.1, 0.1, (n_hidden, n_out)).astype('float32')), tf.Variable(rng.normal(0, 0.01, n_out).astype('float32'))]
