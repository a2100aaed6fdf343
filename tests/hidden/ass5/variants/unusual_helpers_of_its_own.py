"""The work is done by functions in cells of one's own."""

# expect: full

# %% init_rnn
def init_rnn(vocab, hidden, out, seed):
    return make_network(vocab, hidden, out, np.random.RandomState(seed))

# %% +
def make_network(vocab, hidden, out, rs):
    draw = lambda a, b: tf.Variable(rs.normal(0, 1 / np.sqrt(b), size=(a, b)), dtype=tf.float32)
    return {"W": draw(vocab, hidden), "U": draw(hidden, hidden), "b": tf.Variable(rs.normal(0, 0.1, hidden), dtype=tf.float32),
            "V": draw(hidden, out), "c": tf.Variable(tf.zeros(out))}

# %% step
def step(handle, x, h):
    return tf.tanh(affine(handle, x, h))

# %% +
def affine(handle, x, h):
    return x @ handle["W"] + h @ handle["U"] + handle["b"]
