"""Computes the loss and leaves the weights alone."""

# expect: loses graph-equals-eager graph-speedup densenet-learns

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)
    cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = cross_entropy(y, handle(x, training=True))
        weights = handle.trainable_variables
        pass
        return loss

    return tf.function(step) if graph else step
