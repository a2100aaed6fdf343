"""One graph for all k steps, written out; another k is another graph."""

# expect: full

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)

    def many(x, y, k):
        losses = []
        for _ in range(k):
            with tf.GradientTape() as tape:
                logits = handle(x, training=True)
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
            optimiser.apply_gradients(zip(tape.gradient(loss, handle.trainable_variables), handle.trainable_variables))
            losses.append(loss)
        return tf.stack(losses)

    return tf.function(many) if graph else many

# %% run_steps
def run_steps(step, x, y, k):
    return step(x, tf.reshape(y, [-1]), k)
