"""A tf.Module with one joined matrix, split by slices."""

# expect: full

# %% init_rnn
class Cell(tf.Module):
    def __init__(self, vocab, hidden, out, seed):
        super().__init__()
        start = tf.random.Generator.from_seed(seed)
        self.hidden, self.vocab = hidden, vocab
        self.joined = tf.Variable(start.normal([vocab + hidden + 1, hidden], stddev=0.25))
        self.output = tf.Variable(start.normal([hidden + 1, out], stddev=0.25))

def init_rnn(vocab, hidden, out, seed):
    return Cell(vocab, hidden, out, seed)

# %% step
def step(handle, x, h):
    ones = tf.ones([tf.shape(x)[0], 1])
    return tf.tanh(tf.matmul(tf.concat([x, h, ones], axis=1), handle.joined))

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    state = tf.zeros([tf.shape(tokens)[0], handle.hidden]) if h0 is None else tf.convert_to_tensor(h0)

    def advance(state, words):
        new = step(handle, tf.one_hot(words, handle.vocab), state)
        return tf.where(words[:, tf.newaxis] > 0, new, state) if masked else new

    return tf.transpose(tf.scan(advance, tf.transpose(tokens), initializer=state), [1, 0, 2])

# %% logits
def logits(handle, tokens, mode="last", masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    all_states = states(handle, tokens, masked=masked)
    real = tf.cast(tokens > 0, tf.float32) if masked else tf.ones_like(tokens, tf.float32)
    share = (real / tf.reduce_sum(real, axis=1, keepdims=True))[:, :, tf.newaxis]
    mean = lambda values: tf.reduce_sum(values * share, axis=1)
    head = lambda states: tf.tensordot(states, handle.output[:-1], 1) + handle.output[-1]
    if mode == "last":
        return head(all_states[:, -1])
    if mode == "mean_states":
        return head(mean(all_states))
    every = head(all_states)
    if mode == "mean_logits":
        return mean(every)
    return mean(tf.sigmoid(every) if every.shape[-1] == 1 else tf.nn.softmax(every))

# %% train_rnn
def train_rnn(tokens, y, hidden, mode, masked, epochs, seed):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    targets = tf.cast(tf.convert_to_tensor(y), tf.float32)[:, tf.newaxis]
    handle = init_rnn(int(tf.reduce_max(tokens)) + 1, hidden, 1, seed)
    weights = list(handle.trainable_variables)
    optimiser = tf.keras.optimizers.Adam(0.003, clipnorm=1.0)
    cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=mode != "mean_probs")

    @tf.function(reduce_retracing=True)
    def update(batch, wanted):
        with tf.GradientTape() as tape:
            loss = cross_entropy(wanted, logits(handle, batch, mode, masked))
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))

    shuffler = np.random.default_rng(seed)
    for _ in range(epochs):
        order = tf.constant(shuffler.permutation(len(tokens)))
        for start in range(0, len(tokens), 64):
            chosen = order[start : start + 64]
            update(tf.gather(tokens, chosen), tf.gather(targets, chosen))
    return handle
