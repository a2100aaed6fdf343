"""A class of its own; x and h go side by side through one Keras Dense layer with tanh."""

# expect: full

# %% init_rnn
class Reader:
    def __init__(self, vocab, hidden, out, seed):
        self.vocab, self.hidden = vocab, hidden
        self.inner = tf.keras.layers.Dense(hidden, activation="tanh", kernel_initializer=tf.keras.initializers.GlorotNormal(seed))
        self.outer = tf.keras.layers.Dense(out, kernel_initializer=tf.keras.initializers.GlorotNormal(seed + 1))
        self.inner.build([None, vocab + hidden])
        self.outer.build([None, hidden])

def init_rnn(vocab, hidden, out, seed):
    return Reader(vocab, hidden, out, seed)

# %% step
def step(handle, x, h):
    return handle.inner(tf.concat([x, h], axis=-1))

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
    head = lambda states: handle.outer(states)
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
    weights = handle.inner.trainable_variables + handle.outer.trainable_variables
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
