"""The gradient comes from a pass with training=False; the pass in training mode only gives the loss that is returned, so dropout has no part in learning."""

# expect: loses graph-equals-eager
# may-lose: graph-speedup gpu-throughput

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimizer = tf.keras.optimizers.SGD(lr)
    cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def train_step(x, y):
        reported = cross_entropy(y, handle(x, training=True))
        with tf.GradientTape() as tape:
            loss = cross_entropy(y, handle(x, training=False))  # gradients without the noise
        gradients = tape.gradient(loss, handle.trainable_variables)
        optimizer.apply_gradients(zip(gradients, handle.trainable_variables))
        return reported

    return tf.function(train_step) if graph else train_step

# %% run_steps
def run_steps(step, x, y, k):
    x, y = tf.convert_to_tensor(x), tf.reshape(tf.convert_to_tensor(y), [-1])
    return tf.stack([step(x, y) for _ in range(k)])

# %% traces
def traces(step):
    return step.experimental_get_tracing_count() if hasattr(step, "experimental_get_tracing_count") else 0
