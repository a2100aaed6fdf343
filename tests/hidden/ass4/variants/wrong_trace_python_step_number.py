"""The number of the step is handed over as a Python number."""

# expect: loses tracing
# may-lose: graph-speedup

# %% run_steps
def run_steps(step, x, y, k):
    y = tf.reshape(y, [-1])
    return tf.stack([step(x, y, number) for number in range(k)])

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)

    def step(x, y, number):
        with tf.GradientTape() as tape:
            logits = handle(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        optimiser.apply_gradients(zip(tape.gradient(loss, handle.trainable_variables), handle.trainable_variables))
        return loss

    return tf.function(step) if graph else step
