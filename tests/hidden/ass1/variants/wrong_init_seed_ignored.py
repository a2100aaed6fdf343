"""The seed is not used: every call draws other weights."""

# expect: loses mlp-init
# may-lose: mlp-training

# %% init_params
def init_params(n_in, n_hidden, n_out, seed):
    return [tf.Variable(tf.random.normal([n_in, n_hidden], stddev=0.05)), tf.Variable(tf.zeros([n_hidden])), tf.Variable(tf.random.normal([n_hidden, n_out], stddev=0.1)), tf.Variable(tf.zeros([n_out]))]
