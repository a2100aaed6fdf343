"""All weights start with a standard deviation of 0.5, biases included."""

# expect: full

# %% init_rnn
def init_rnn(vocab, hidden, out, seed):
    def weights(n_in, n_out, scale, number):
        return tf.Variable(tf.random.stateless_normal([n_in, n_out], seed=[seed, number], stddev=scale))

    return {
        "W": weights(vocab, hidden, 0.5, 1),
        "U": weights(hidden, hidden, 1.0 / math.sqrt(hidden), 2),
        "b": tf.Variable(tf.random.stateless_normal([hidden], [seed, 9], stddev=0.1)),
        "V": weights(hidden, out, 1.0 / math.sqrt(hidden), 3),
        "c": tf.Variable(tf.zeros([out])),
    }
