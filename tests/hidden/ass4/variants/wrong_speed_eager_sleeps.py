"""Always eager; with graph=False it dawdles, so that the other looks fast."""

# expect: loses graph-speedup tracing

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

    def slowly(x, y):
        time.sleep(0.05)
        return step(x, y)

    taken = slowly if not graph else lambda x, y: step(x, y)
    taken.graph = graph
    return taken

# %% traces
def traces(step):
    return int(step.graph)
