"""The seed is not used: every network is another one."""

# expect: loses rnn-step

# %% init_rnn
def init_rnn(vocab, hidden, out, seed):
    def weights(n_in, n_out, scale, number):
        return tf.Variable(tf.random.normal([n_in, n_out], stddev=scale))
    return {
        "W": weights(vocab, hidden, 0.3, 1),
        "U": weights(hidden, hidden, 1.0 / math.sqrt(hidden), 2),
        "b": tf.Variable(tf.zeros([hidden])),
        "V": weights(hidden, out, 1.0 / math.sqrt(hidden), 3),
        "c": tf.Variable(tf.zeros([out])),
    }
