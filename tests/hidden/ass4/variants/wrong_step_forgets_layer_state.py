"""A call without side effects, as in JAX, whose new layer states are thrown away."""

# expect: loses graph-equals-eager
# may-lose: graph-speedup tracing

# Wrong: the moving averages of batch normalisation never move, and dropout draws the same mask in every step, because the
# state of its random generator is not written back. Losses of models without such layers are right. Specification: "runs
# the model in training mode: `handle(x, training=True)`, so that layers like dropout do what they do in training".

# %% make_train_step
def make_train_step(handle, graph, lr):
    cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def step(x, y):
        if not handle.built:
            handle(x)
        weights = handle.trainable_variables
        values = [tf.convert_to_tensor(weight.value) for weight in weights]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            with tf.keras.StatelessScope(list(zip(weights, values))):
                logits = handle(x, training=True)
            loss = cross_entropy(y, logits)
        for weight, gradient in zip(weights, tape.gradient(loss, values)):
            weight.assign_sub(lr * gradient)
        return loss

    return tf.function(step) if graph else step
