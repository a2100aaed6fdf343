"""The vocabulary of the public checks, 40, is hard-coded in the one-hot vectors, so networks of any other vocabulary crash."""

# expect: loses rnn-sequence rnn-masking rnn-pooling rnn-heads rnn-learns
# may-lose: rnn-low-level

# %% init_rnn
def init_rnn(vocab, hidden, out, seed):
    rng = np.random.default_rng(seed)

    def matrix(rows, columns):
        limit = np.sqrt(6 / (rows + columns))
        return tf.Variable(rng.uniform(-limit, limit, (rows, columns)).astype("float32"))

    return {"W": matrix(vocab, hidden), "U": matrix(hidden, hidden), "b": tf.Variable(tf.zeros([hidden])),
            "V": matrix(hidden, out), "c": tf.Variable(tf.zeros([out]))}

# %% step
def step(handle, x, h):
    return tf.tanh(tf.matmul(x, handle["W"]) + tf.matmul(h, handle["U"]) + handle["b"])

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens)
    hidden = handle["U"].shape[0]
    h = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else tf.convert_to_tensor(h0)
    collected = []
    for t in range(tokens.shape[1]):
        new = step(handle, tf.one_hot(tokens[:, t], 40), h)
        h = tf.where(tokens[:, t, None] != 0, new, h) if masked else new
        collected.append(h)
    return tf.stack(collected, axis=1)

# %% logits
def logits(handle, tokens, mode="last", masked=True):
    tokens = tf.convert_to_tensor(tokens)
    h = states(handle, tokens, masked=masked)
    if mode == "last":
        return tf.matmul(h[:, -1], handle["V"]) + handle["c"]
    counts = tf.cast(tokens != 0, tf.float32) if masked else tf.ones(tf.shape(tokens))
    counts = (counts / tf.reduce_sum(counts, axis=1, keepdims=True))[:, :, None]
    if mode == "mean_states":
        return tf.matmul(tf.reduce_sum(counts * h, axis=1), handle["V"]) + handle["c"]
    z = tf.tensordot(h, handle["V"], 1) + handle["c"]
    if mode == "mean_logits":
        return tf.reduce_sum(counts * z, axis=1)
    p = tf.sigmoid(z) if z.shape[-1] == 1 else tf.nn.softmax(z)
    return tf.reduce_sum(counts * p, axis=1)

# %% train_rnn
def train_rnn(tokens, y, hidden, mode, masked, epochs, seed):
    tokens, y = np.asarray(tokens, "int32"), np.asarray(y, "float32").reshape(-1, 1)
    net = init_rnn(int(tokens.max()) + 1, hidden, 1, seed)
    variables = list(net.values())
    optimizer = tf.keras.optimizers.Adam(0.005)
    loss_of = tf.keras.losses.BinaryCrossentropy(from_logits=mode != "mean_probs")

    @tf.function
    def train_step(words, labels):
        with tf.GradientTape() as tape:
            loss = loss_of(labels, logits(net, words, mode, masked))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))

    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(tokens))
        for start in range(0, len(tokens), 50):
            rows = order[start:start + 50]
            train_step(tf.constant(tokens[rows]), tf.constant(y[rows]))
    return net
