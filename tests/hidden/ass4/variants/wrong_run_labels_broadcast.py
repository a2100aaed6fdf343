"""Labels of the shape [B, 1] meet logits of the shape [B, C] in a broadcast."""

# expect: loses graph-equals-eager

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)
    cross_entropy = lambda y, z: -tf.reduce_mean(tf.reduce_sum(tf.one_hot(y, z.shape[-1]) * tf.nn.log_softmax(z), axis=-1))

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = cross_entropy(y, handle(x, training=True))
        weights = handle.trainable_variables
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    return tf.function(step) if graph else step

# %% run_steps
def run_steps(step, x, y, k):
    return tf.stack([step(x, y) for _ in range(k)])
