"""All state weights start equal, a matrix of rank one; training makes them differ."""

# expect: full

# %% init_rnn
def init_rnn(vocab, hidden, out, seed):
    def weights(n_in, n_out, scale, number):
        return tf.Variable(tf.random.stateless_normal([n_in, n_out], seed=[seed, number], stddev=scale))

    return {
        "W": weights(vocab, hidden, 0.3, 1),
        "U": tf.Variable(tf.fill([hidden, hidden], 0.5 / hidden)),
        "b": tf.Variable(tf.zeros([hidden])),
        "V": weights(hidden, out, 1.0 / math.sqrt(hidden), 3),
        "c": tf.Variable(tf.zeros([out])),
    }
