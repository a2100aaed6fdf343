"""The batch is handed over as Python lists."""

# expect: loses tracing graph-speedup

# %% run_steps
def run_steps(step, x, y, k):
    x, y = np.asarray(x).tolist(), np.asarray(y).reshape(-1).tolist()
    return tf.stack([step(x, y) for _ in range(k)])

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)
    cross_entropy = lambda y, z: tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=z))

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = cross_entropy(y, handle(tf.convert_to_tensor(x), training=True))
        weights = handle.trainable_variables
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    return tf.function(step) if graph else step
