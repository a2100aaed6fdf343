"""One graph for all k steps, with a loop inside."""

# expect: full

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)

    def many(x, y, k):
        losses = tf.TensorArray(tf.float32, size=k)
        for number in tf.range(k):
            with tf.GradientTape() as tape:
                logits = handle(x, training=True)
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
            optimiser.apply_gradients(zip(tape.gradient(loss, handle.trainable_variables), handle.trainable_variables))
            losses = losses.write(number, loss)
        return losses.stack()

    return tf.function(many) if graph else many

# %% run_steps
def run_steps(step, x, y, k):
    return step(x, tf.reshape(y, [-1]), tf.constant(k))
