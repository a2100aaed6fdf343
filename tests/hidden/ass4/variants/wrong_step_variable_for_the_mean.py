"""A tf.Variable is made in each call of the traced function."""

# expect: loses graph-equals-eager tracing graph-speedup

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)
    cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def step(x, y):
        scale = tf.Variable(1.0)
        with tf.GradientTape() as tape:
            loss = cross_entropy(y, handle(x, training=True))
        weights = handle.trainable_variables
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss * scale

    return tf.function(step) if graph else step
