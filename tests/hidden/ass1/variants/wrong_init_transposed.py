"""The first weight matrix is stored the other way round."""

# expect: loses mlp-init
# may-lose: mlp-training mlp-unseen-task mlp-accuracy mlp-throughput

# %% init_params
def init_params(n_in, n_hidden, n_out, seed):
    return [tf.Variable(tf.random.stateless_normal([n_hidden, n_in], [seed, 1], stddev=0.05)), tf.Variable(tf.zeros([n_hidden])), tf.Variable(tf.random.stateless_normal([n_hidden, n_out], [seed, 2], stddev=0.1)), tf.Variable(tf.zeros([n_out]))]
