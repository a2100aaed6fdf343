"""reduce_retracing=True; the optimiser builds itself in the first step."""

# expect: full

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    pass
    cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = cross_entropy(y, handle(x, training=True))
        weights = handle.trainable_variables
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    return tf.function(step, reduce_retracing=True) if graph else step
