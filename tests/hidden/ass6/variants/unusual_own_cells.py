"""Everything by hand, from basic operations of TensorFlow, eager, in a dictionary."""

# expect: full

# %% build_rnn
GATES = {"simple": 1, "gru": 3, "lstm": 4}


def cell_weights(make, n_in, units, cell):
    k = GATES[cell]
    return {"W": make(n_in, k * units), "U": make(units, k * units), "b": make(0, k * units)}


def advance(w, cell, x, h, c):
    if cell == "simple":
        return tf.tanh(x @ w["W"] + h @ w["U"] + w["b"]), c
    if cell == "gru":
        a, b = tf.split(x @ w["W"] + w["b"], 3, 1), tf.split(h @ w["U"], 3, 1)
        z, r = tf.sigmoid(a[0] + b[0]), tf.sigmoid(a[1] + b[1])
        return z * h + (1.0 - z) * tf.tanh(a[2] + r * b[2]), c
    i, f, o, g = tf.split(x @ w["W"] + h @ w["U"] + w["b"], 4, 1)
    c = tf.sigmoid(f + 1.0) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c


def read(w, cell, xs, mask, backwards):
    """States of all steps, and the last one."""
    h = c = tf.zeros([xs.shape[0], w["U"].shape[0]])
    found = [None] * xs.shape[1]
    for t in reversed(range(xs.shape[1])) if backwards else range(xs.shape[1]):
        new_h, new_c = advance(w, cell, xs[:, t], h, c)
        keep = mask[:, t, None]
        h, c = tf.where(keep, new_h, h), tf.where(keep, new_c, c)
        found[t] = h
    return tf.stack(found, 1), h


def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    generator = tf.random.Generator.from_seed(seed)

    def make(n_in, n_out):
        return tf.Variable(generator.normal([n_in, n_out], stddev=n_in**-0.5) if n_in else tf.zeros([n_out]))

    directions = [False, True] if bidirectional else [False]
    sizes = [emb] + [units * len(directions)] * (layers - 1)
    return {
        "table": make(vocab, emb),
        "cell": cell,
        "mask": mask,
        "stack": [[(back, cell_weights(make, size, units, cell)) for back in directions] for size in sizes],
        "head": make(units * len(directions), 1),
    }

# %% predict
def predict(handle, tokens):
    tokens = tf.convert_to_tensor(tokens)
    mask = tokens > 0 if handle["mask"] else tf.ones_like(tokens) > 0
    values = tf.gather(handle["table"], tokens)
    for layer in handle["stack"]:
        both = [read(weights, handle["cell"], values, mask, back) for back, weights in layer]
        values, last = tf.concat([states for states, _ in both], 2), tf.concat([h for _, h in both], 1)
    return (last @ handle["head"])[:, 0]
