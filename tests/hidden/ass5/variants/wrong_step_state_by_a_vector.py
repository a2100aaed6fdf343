"""The old state is multiplied by a vector, so that no unit hears another one. Learning words one by one needs no more."""

# expect: loses rnn-step
# may-lose: rnn-learns

# %% init_rnn
def init_rnn(vocab, hidden, out, seed):
    def weights(shape, scale, number):
        return tf.Variable(tf.random.stateless_normal(shape, seed=[seed, number], stddev=scale))

    return {
        "W": weights([vocab, hidden], 0.3, 1),
        "U": tf.Variable(0.9 + 0.05 * tf.random.stateless_normal([hidden], seed=[seed, 2])),
        "b": tf.Variable(tf.zeros([hidden])),
        "V": weights([hidden, out], 1.0 / math.sqrt(hidden), 3),
        "c": tf.Variable(tf.zeros([out])),
    }

# %% step
def step(handle, x, h):
    return tf.tanh(x @ handle["W"] + h * handle["U"] + handle["b"])
