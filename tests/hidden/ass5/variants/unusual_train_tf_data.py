"""Batches by tf.data, training in an epoch-wise loop with a falling rate."""

# expect: full

# %% train_rnn
def train_rnn(tokens, y, hidden, mode, masked, epochs, seed):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    targets = tf.cast(tf.convert_to_tensor(y), tf.float32)[:, tf.newaxis]
    handle = init_rnn(int(tf.reduce_max(tokens)) + 1, hidden, 1, seed)
    weights = list(handle.values())
    optimiser = tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.ExponentialDecay(0.004, 100, 0.9), clipnorm=1.0)
    cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=mode != "mean_probs")

    @tf.function(reduce_retracing=True)
    def update(batch, wanted):
        with tf.GradientTape() as tape:
            loss = cross_entropy(wanted, logits(handle, batch, mode, masked))
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))

    batches = tf.data.Dataset.from_tensor_slices((tokens, targets)).shuffle(len(tokens), seed=seed).batch(64)
    for _ in range(epochs):
        for batch, wanted in batches:
            update(batch, wanted)
    return handle
