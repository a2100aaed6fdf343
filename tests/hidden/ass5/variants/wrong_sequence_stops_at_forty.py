"""Reads at most 40 steps (the width that the text mentions for the hidden check) and repeats the last state for whatever comes after."""

# expect: loses rnn-sequence
# may-lose: rnn-masking rnn-pooling rnn-heads

# %% init_rnn
def init_rnn(vocab, hidden, out, seed):
    rng = np.random.default_rng(seed)

    def variable(values):
        return tf.Variable(np.asarray(values, "float32"))

    square, _ = np.linalg.qr(rng.normal(size=(hidden, hidden)))
    return {
        "W": variable(rng.normal(0, 0.2, (vocab, hidden))),
        "U": variable(square),
        "b": variable(np.zeros(hidden)),
        "V": variable(rng.normal(0, 1 / np.sqrt(hidden), (hidden, out))),
        "c": variable(np.zeros(out)),
    }

# %% step
def step(handle, x, h):
    return tf.tanh(tf.matmul(x, handle["W"]) + tf.matmul(h, handle["U"]) + handle["b"])

# %% states
MAX_STEPS = 40


def states(handle, tokens, h0=None, masked=True):
    tokens = tf.cast(tokens, tf.int32)
    vocab, hidden = handle["W"].shape
    h = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else tf.cast(h0, tf.float32)
    listed = []
    for t in range(tokens.shape[1]):
        if t < MAX_STEPS:
            new = step(handle, tf.one_hot(tokens[:, t], vocab), h)
            h = tf.where(tokens[:, t, None] > 0, new, h) if masked else new
        listed.append(h)
    return tf.stack(listed, axis=1)

# %% logits
def logits(handle, tokens, mode="last", masked=True):
    tokens = tf.cast(tokens, tf.int32)
    listed = states(handle, tokens, masked=masked)
    if mode == "last":
        return tf.matmul(listed[:, -1], handle["V"]) + handle["c"]
    counts = tf.cast(tokens > 0, tf.float32) if masked else tf.ones(tf.shape(tokens))
    counts = counts[:, :, None]

    def average(values):
        return tf.reduce_sum(values * counts, axis=1) / tf.reduce_sum(counts, axis=1)

    if mode == "mean_states":
        return tf.matmul(average(listed), handle["V"]) + handle["c"]
    z = tf.matmul(listed, handle["V"]) + handle["c"]
    if mode == "mean_logits":
        return average(z)
    return average(tf.sigmoid(z) if z.shape[-1] == 1 else tf.nn.softmax(z))

# %% train_rnn
def train_rnn(tokens, y, hidden, mode, masked, epochs, seed):
    tokens, y = np.asarray(tokens, "int32"), np.asarray(y, "float32").reshape(-1, 1)
    handle = init_rnn(int(tokens.max()) + 1, hidden, 1, seed)
    weights = [handle[name] for name in ("W", "U", "b", "V", "c")]
    optimizer = tf.keras.optimizers.Adam(4e-3)
    loss_of = tf.keras.losses.BinaryCrossentropy(from_logits=mode != "mean_probs")

    @tf.function
    def update(words, truth):
        with tf.GradientTape() as tape:
            loss = loss_of(truth, logits(handle, words, mode, masked))
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))

    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(tokens))
        for start in range(0, len(order), 50):
            rows = order[start : start + 50]
            update(tf.constant(tokens[rows]), tf.constant(y[rows]))
    return handle
