"""The seed is not used: every seed gives the same weights."""

# expect: loses mlp-init

# %% init_params
def init_params(n_in, n_hidden, n_out, seed):
    return [tf.Variable(tf.random.stateless_normal([n_in, n_hidden], [0, 1], stddev=0.05)), tf.Variable(tf.zeros([n_hidden])), tf.Variable(tf.random.stateless_normal([n_hidden, n_out], [0, 2], stddev=0.1)), tf.Variable(tf.zeros([n_out]))]
