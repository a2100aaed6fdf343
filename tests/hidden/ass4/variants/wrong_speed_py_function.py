"""The graph calls Python for the whole step."""

# expect: loses graph-speedup
# may-lose: tracing

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)
    cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = cross_entropy(y, handle(x, training=True))
        weights = handle.trainable_variables
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    if not graph:
        return step
    return tf.function(lambda x, y: tf.ensure_shape(tf.py_function(step, [x, y], tf.float32), []))
