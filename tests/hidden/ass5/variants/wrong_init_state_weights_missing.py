"""The matrix U is zero and stays so."""

# expect: loses rnn-step
# may-lose: rnn-sequence rnn-learns

# %% init_rnn
def init_rnn(vocab, hidden, out, seed):
    def weights(n_in, n_out, scale, number):
        return tf.Variable(tf.random.stateless_normal([n_in, n_out], seed=[seed, number], stddev=scale))

    return {
        "W": weights(vocab, hidden, 0.3, 1),
        "U": tf.constant(0.0, shape=[hidden, hidden]),
        "b": tf.Variable(tf.zeros([hidden])),
        "V": weights(hidden, out, 1.0 / math.sqrt(hidden), 3),
        "c": tf.Variable(tf.zeros([out])),
    }

# %% train_rnn
def train_rnn(tokens, y, hidden, mode, masked, epochs, seed):
    return init_rnn(int(tf.reduce_max(tokens)) + 1, hidden, 1, seed)
