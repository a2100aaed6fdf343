"""The graph step empties the optimiser's memory each time."""

# expect: loses graph-equals-eager

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)
    cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    memory = list(optimiser.variables)[2:]

    def step(x, y):
        if graph:
            for slot in memory:
                slot.assign(tf.zeros_like(slot))
        with tf.GradientTape() as tape:
            loss = cross_entropy(y, handle(x, training=True))
        weights = handle.trainable_variables
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    return tf.function(step) if graph else step
