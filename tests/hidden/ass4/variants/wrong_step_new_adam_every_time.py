"""A new Adam in each step, so that each step is its first one."""

# expect: loses graph-equals-eager

# %% make_train_step
def make_train_step(handle, graph, lr):
    def first_step_of_adam(weight, gradient):
        mean, square = 0.1 * gradient / 0.1, 0.001 * gradient**2 / 0.001
        weight.assign_sub(lr * mean / (tf.sqrt(square) + 1e-7))

    def step(x, y):
        with tf.GradientTape() as tape:
            logits = handle(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        for weight, gradient in zip(handle.trainable_variables, tape.gradient(loss, handle.trainable_variables)):
            first_step_of_adam(weight, gradient)
        return loss

    return tf.function(step) if graph else step
