"""Glorot's initialiser of Keras, which is no layer."""

# expect: full

# %% init_params
def init_params(n_in, n_hidden, n_out, seed):
    glorot = tf.keras.initializers.GlorotUniform(seed=seed)
    return [tf.Variable(glorot([n_in, n_hidden])), tf.Variable(tf.zeros([n_hidden])), tf.Variable(tf.keras.initializers.TruncatedNormal(stddev=0.1, seed=seed + 1)([n_hidden, n_out])), tf.Variable(tf.zeros([n_out]))]
