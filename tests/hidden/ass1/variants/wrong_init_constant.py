"""Every weight starts at the same small value: the units stay identical."""

# expect: loses mlp-init mlp-unseen-task mlp-accuracy
# may-lose: mlp-training

# %% init_params
def init_params(n_in, n_hidden, n_out, seed):
    return [tf.Variable(tf.fill([n_in, n_hidden], 0.01)), tf.Variable(tf.zeros([n_hidden])), tf.Variable(tf.fill([n_hidden, n_out], 0.01)), tf.Variable(tf.zeros([n_out]))]
