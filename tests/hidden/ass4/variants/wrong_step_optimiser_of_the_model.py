"""The optimiser is hung on the model by compile, and each step uses handle.optimizer: a second step for the same model takes the first one's optimiser and learning rate away."""

# expect: loses graph-equals-eager
# may-lose: tracing graph-speedup

# %% make_train_step
def make_train_step(handle, graph, lr):
    handle.compile(optimizer=tf.keras.optimizers.Adam(lr),
                   loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def train_step(x, y):
        with tf.GradientTape() as tape:
            loss = handle.loss(y, handle(x, training=True))
        gradients = tape.gradient(loss, handle.trainable_variables)
        handle.optimizer.apply_gradients(zip(gradients, handle.trainable_variables))
        return loss

    return tf.function(train_step) if graph else train_step

# %% run_steps
def run_steps(step, x, y, k):
    x, y = tf.convert_to_tensor(x), tf.reshape(tf.convert_to_tensor(y), [-1])
    return tf.stack([step(x, y) for _ in range(k)])

# %% traces
def traces(step):
    return step.experimental_get_tracing_count() if hasattr(step, "experimental_get_tracing_count") else 0
