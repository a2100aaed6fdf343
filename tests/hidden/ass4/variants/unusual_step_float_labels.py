"""Labels as floats inside, one-hot; the labels' column is dropped by a slice."""

# expect: full

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)
    cross_entropy = lambda y, z: tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(tf.one_hot(tf.cast(y, tf.int64), z.shape[1]), z))

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = cross_entropy(y, handle(x, training=True))
        weights = handle.trainable_variables
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    return tf.function(step) if graph else step
