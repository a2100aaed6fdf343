"""Everything by hand, in NumPy; an object with arrays."""

# expect: full

# %% build_rnn
def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


GATES = {"simple": 1, "gru": 3, "lstm": 4}


def cell_weights(make, n_in, units, cell):
    k = GATES[cell]
    return {"W": make(n_in, k * units), "U": make(units, k * units), "b": make(0, k * units)}


def advance(w, cell, x, h, c):
    if cell == "simple":
        return np.tanh(x @ w["W"] + h @ w["U"] + w["b"]), c
    if cell == "gru":
        a, b = np.split(x @ w["W"] + w["b"], 3, 1), np.split(h @ w["U"], 3, 1)
        z, r = sigmoid(a[0] + b[0]), sigmoid(a[1] + b[1])
        return z * h + (1.0 - z) * np.tanh(a[2] + r * b[2]), c
    i, f, o, g = np.split(x @ w["W"] + h @ w["U"] + w["b"], 4, 1)
    c = sigmoid(f + 1.0) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def read(w, cell, xs, mask, backwards):
    """States of all steps, and the last one."""
    h = c = np.zeros([xs.shape[0], w["U"].shape[0]])
    found = [None] * xs.shape[1]
    for t in reversed(range(xs.shape[1])) if backwards else range(xs.shape[1]):
        new_h, new_c = advance(w, cell, xs[:, t], h, c)
        keep = mask[:, t, None]
        h, c = np.where(keep, new_h, h), np.where(keep, new_c, c)
        found[t] = h
    return np.stack(found, 1), h


class Net:
    pass


def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    generator = np.random.default_rng(seed)

    def make(n_in, n_out):
        return generator.normal(0, n_in**-0.5 if n_in else 0.1, [n_in, n_out] if n_in else [n_out]).astype("float32")

    net = Net()
    net.cell, net.mask = cell, mask
    directions = [False, True] if bidirectional else [False]
    sizes = [emb] + [units * len(directions)] * (layers - 1)
    net.table = make(vocab, emb)
    net.stack = [[(back, cell_weights(make, size, units, cell)) for back in directions] for size in sizes]
    net.head = make(units * len(directions), 1)
    return net

# %% predict
def predict(handle, tokens):
    tokens = np.asarray(tokens)
    mask = tokens > 0 if handle.mask else np.ones(tokens.shape, bool)
    values = handle.table[tokens]
    for layer in handle.stack:
        both = [read(weights, handle.cell, values, mask, back) for back, weights in layer]
        values, last = np.concatenate([states for states, _ in both], 2), np.concatenate([h for _, h in both], 1)
    return (last @ handle.head)[:, 0].astype("float32")
