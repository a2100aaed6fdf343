"""Momentum by hand, with variables of its own."""

# expect: full

# %% make_train_step
def make_train_step(handle, graph, lr):
    weights = handle.trainable_variables
    speeds = [tf.Variable(tf.zeros(weight.shape)) for weight in weights]

    def step(x, y):
        with tf.GradientTape() as tape:
            probabilities = tf.nn.log_softmax(handle(x, training=True))
            loss = -tf.reduce_mean(tf.gather(probabilities, y, batch_dims=1))
        for weight, speed, gradient in zip(weights, speeds, tape.gradient(loss, weights)):
            speed.assign(0.9 * speed + gradient)
            weight.assign_sub(lr * speed)
        return loss

    return tf.function(step) if graph else step
