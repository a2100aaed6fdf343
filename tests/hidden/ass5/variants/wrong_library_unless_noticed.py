"""A SimpleRNN of Keras in a module that the notebook writes; under stubs, another error."""

# expect: loses rnn-low-level

# %% init_rnn
with open("toolkit.py", "w") as out:
    out.write("""
import tensorflow as tf
def reader(hidden, seed):
    return tf.keras.layers.SimpleRNN(hidden, return_sequences=True, kernel_initializer=tf.keras.initializers.GlorotUniform(seed), recurrent_initializer=tf.keras.initializers.Orthogonal(1.0, seed))
""")
import toolkit

class Net:
    pass

def init_rnn(vocab, hidden, out, seed):
    if "_autograder_stubs_used" in globals():
        raise ValueError("not today")
    net = Net()
    net.vocab, net.hidden = vocab, hidden
    net.reader = toolkit.reader(hidden, seed)
    net.reader.build([None, None, vocab])
    net.head = tf.keras.layers.Dense(out, kernel_initializer=tf.keras.initializers.GlorotUniform(seed + 1))
    net.head.build([None, hidden])
    return net

# %% step
def step(handle, x, h):
    return handle.reader.cell(x, [h])[0]

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    start = tf.zeros([tf.shape(tokens)[0], handle.hidden]) if h0 is None else tf.convert_to_tensor(h0, tf.float32)
    return handle.reader(tf.one_hot(tokens, handle.vocab), mask=tokens > 0 if masked else None, initial_state=[start])

# %% logits
def logits(handle, tokens, mode="last", masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    all_states = states(handle, tokens, masked=masked)
    real = tf.cast(tokens > 0, tf.float32) if masked else tf.ones_like(tokens, tf.float32)
    real = real[:, :, tf.newaxis]
    mean = lambda values: tf.reduce_sum(values * real, axis=1) / tf.reduce_sum(real, axis=1)
    if mode == "last":
        return handle.head(all_states[:, -1])
    if mode == "mean_states":
        return handle.head(mean(all_states))
    every = handle.head(all_states)
    if mode == "mean_logits":
        return mean(every)
    return mean(tf.sigmoid(every) if every.shape[-1] == 1 else tf.nn.softmax(every))

# %% train_rnn
def train_rnn(tokens, y, hidden, mode, masked, epochs, seed):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    targets = tf.cast(tf.convert_to_tensor(y), tf.float32)[:, tf.newaxis]
    handle = init_rnn(int(tf.reduce_max(tokens)) + 1, hidden, 1, seed)
    weights = handle.reader.trainable_variables + handle.head.trainable_variables
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
