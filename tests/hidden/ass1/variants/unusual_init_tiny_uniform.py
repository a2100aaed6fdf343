"""Uniform weights of at most 0.01."""

# expect: full

# %% init_params
def init_params(n_in, n_hidden, n_out, seed):
    g = tf.random.Generator.from_seed(seed)
    return [tf.Variable(g.uniform([n_in, n_hidden], -0.01, 0.01)), tf.Variable(tf.zeros([n_hidden])), tf.Variable(g.uniform([n_hidden, n_out], -0.01, 0.01)), tf.Variable(tf.zeros([n_out]))]
