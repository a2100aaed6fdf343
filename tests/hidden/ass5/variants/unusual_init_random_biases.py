"""Biases start at random numbers of size 1, like the other weights: some units are nearly at 1 or -1 by themselves."""

# expect: full

# %% init_rnn
def init_rnn(vocab, hidden, out, seed):
    def weights(*shape, scale, number):
        return tf.Variable(tf.random.stateless_normal(shape, seed=[seed, number], stddev=scale))

    return {
        "W": weights(vocab, hidden, scale=0.3, number=1),
        "U": weights(hidden, hidden, scale=hidden**-0.5, number=2),
        "b": weights(hidden, scale=1.0, number=3),
        "V": weights(hidden, out, scale=hidden**-0.5, number=4),
        "c": weights(out, scale=1.0, number=5),
    }
