"""A Keras model holds two Dense layers for the step, built when first used, and one for the head."""

# expect: full

# %% init_rnn
class Network(tf.keras.Model):
    def __init__(self, vocab, hidden, out, seed):
        super().__init__()
        self.vocab, self.hidden = vocab, hidden
        g = tf.keras.initializers.GlorotUniform
        self.from_input = tf.keras.layers.Dense(hidden, kernel_initializer=g(seed))
        self.from_state = tf.keras.layers.Dense(hidden, use_bias=False, kernel_initializer=tf.keras.initializers.Orthogonal(seed=seed))
        self.to_logits = tf.keras.layers.Dense(out, kernel_initializer=g(seed + 7))

def init_rnn(vocab, hidden, out, seed):
    return Network(vocab, hidden, out, seed)

# %% step
def step(handle, x, h):
    return tf.nn.tanh(handle.from_input(x) + handle.from_state(h))

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
    head = lambda states: handle.to_logits(states)
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
    logits(handle, tokens[:1], "last")  # builds the layers
    weights = handle.trainable_variables
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
