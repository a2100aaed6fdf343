"""Every weight starts at zero, so the hidden units never differ."""

# expect: loses mlp-init mlp-training mlp-unseen-task mlp-accuracy

# %% init_params
def init_params(n_in, n_hidden, n_out, seed):
    return [tf.Variable(tf.zeros([n_in, n_hidden])), tf.Variable(tf.zeros([n_hidden])), tf.Variable(tf.zeros([n_hidden, n_out])), tf.Variable(tf.zeros([n_out]))]
