"""Gradient descent by hand."""

# expect: full

# %% make_train_step
def make_train_step(handle, graph, lr):
    def step(x, y):
        with tf.GradientTape() as tape:
            logits = handle(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        for weight, gradient in zip(handle.trainable_variables, tape.gradient(loss, handle.trainable_variables)):
            weight.assign_sub(lr * gradient)
        return loss

    return tf.function(step) if graph else step
