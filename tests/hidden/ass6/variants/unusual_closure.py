"""Everything by hand, in NumPy; the handle is a function, and the weights are where only it can get at them."""

# expect: full

# %% build_rnn
def sigmoid(x):
    return 0.5 + 0.5 * np.tanh(x / 2)


def simple(a, u, b, state):
    h = np.tanh(a + state[0] @ u + b)
    return h, h


def gru(a, u, b, state):
    h = state[0]
    z, r, n = np.split(a + b, 3, 1)
    p, q, m = np.split(h @ u, 3, 1)
    z = sigmoid(z + p)
    h = z * h + (1 - z) * np.tanh(n + sigmoid(r + q) * m)
    return h, h


def lstm(a, u, b, state):
    i, f, o, g = np.split(a + state[0] @ u + b, 4, 1)
    c = sigmoid(f + 1) * state[1] + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


CELLS = {"simple": (simple, 1), "gru": (gru, 3), "lstm": (lstm, 4)}


def reader(draw, n_in, units, cell, backwards):
    """A function that reads embedded words in one direction: all states and the last one."""
    step, parts = CELLS[cell]
    w, u, b = draw(n_in, parts * units), draw(units, parts * units), np.zeros(parts * units)

    def read(xs, keep):
        h = c = np.zeros([len(xs), units])
        states = np.zeros([*xs.shape[:2], units])
        for t in range(xs.shape[1])[:: -1 if backwards else 1]:
            new = step(xs[:, t] @ w, u, b, (h, c))
            h, c = (np.where(keep[:, t, None], n, old) for n, old in zip(new, (h, c)))
            states[:, t] = h
        return states, h

    return read


def whole(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    """A function from tokens to logits."""
    generator = np.random.default_rng(seed)

    def draw(n_in, n_out):
        return generator.normal(0, n_in**-0.5, [n_in, n_out])

    ways = [False, True] if bidirectional else [False]
    table, head = draw(vocab, emb), draw(len(ways) * units, 1)
    stack = [[reader(draw, n, units, cell, way) for way in ways] for n in [emb] + [len(ways) * units] * (layers - 1)]

    def run(tokens):
        tokens = np.asarray(tokens)
        xs, keep = table[tokens], (tokens > 0) | (not mask)
        for readers in stack:
            xs, last = (np.concatenate(both, -1) for both in zip(*(read(xs, keep) for read in readers)))
        return (last @ head)[:, 0].astype("float32")

    return run


build_rnn = whole

# %% predict
def predict(handle, tokens):
    return handle(tokens)
