"""tf.function is called in each round of the loop."""

# expect: loses tracing graph-speedup

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)

    def step(x, y):
        with tf.GradientTape() as tape:
            logits = handle(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        optimiser.apply_gradients(zip(tape.gradient(loss, handle.trainable_variables), handle.trainable_variables))
        return loss

    return step, graph

# %% run_steps
def run_steps(step, x, y, k):
    body, graph = step
    y = tf.reshape(y, [-1])
    return tf.stack([(tf.function(body) if graph else body)(x, y) for _ in range(k)])

# %% traces
def traces(step):
    return 1 if step[1] else 0
