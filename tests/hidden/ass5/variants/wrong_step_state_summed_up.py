"""The old state is reduced to one number, which is given to every unit with a weight."""

# expect: loses rnn-step
# may-lose: rnn-learns

# %% init_rnn
def init_rnn(vocab, hidden, out, seed):
    def weights(shape, scale, number):
        return tf.Variable(tf.random.stateless_normal(shape, seed=[seed, number], stddev=scale))

    return {
        "W": weights([vocab, hidden], 0.3, 1),
        "u": weights([hidden, 1], 1.0 / math.sqrt(hidden), 2),
        "w": weights([1, hidden], 1.0, 4),
        "b": tf.Variable(tf.zeros([hidden])),
        "V": weights([hidden, out], 1.0 / math.sqrt(hidden), 3),
        "c": tf.Variable(tf.zeros([out])),
    }

# %% step
def step(handle, x, h):
    return tf.tanh(x @ handle["W"] + (h @ handle["u"]) @ handle["w"] + handle["b"])
