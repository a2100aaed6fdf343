"""The optimiser is made inside the traced function."""

# expect: loses graph-equals-eager tracing graph-speedup

# %% make_train_step
def make_train_step(handle, graph, lr):
    def step(x, y):
        optimiser = tf.keras.optimizers.Adam(lr)
        with tf.GradientTape() as tape:
            logits = handle(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        optimiser.apply_gradients(zip(tape.gradient(loss, handle.trainable_variables), handle.trainable_variables))
        return loss

    return tf.function(step) if graph else step
