"""An input signature made from the model."""

# expect: full

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
    signature = [tf.TensorSpec([None, *handle.input_shape[1:]], tf.float32), tf.TensorSpec([None], tf.int32)]
    return tf.function(step, input_signature=signature)
