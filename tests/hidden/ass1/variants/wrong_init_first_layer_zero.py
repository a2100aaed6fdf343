"""Only the first layer starts at zero, which for ReLU stops it for ever."""

# expect: loses mlp-init
# may-lose: mlp-training mlp-unseen-task mlp-accuracy

# %% init_params
def init_params(n_in, n_hidden, n_out, seed):
    return [tf.Variable(tf.zeros([n_in, n_hidden])), tf.Variable(tf.zeros([n_hidden])), tf.Variable(tf.random.stateless_normal([n_hidden, n_out], [seed, 2], stddev=0.1)), tf.Variable(tf.zeros([n_out]))]
