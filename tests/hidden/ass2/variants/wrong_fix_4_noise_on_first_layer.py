"""The first layer moves, by noise: it is still deaf."""

# expect: loses fix-4

# %% fix_4
def fix_4(x, y, seed, epochs):
    weights = [normal([784, 128], seed, 0.05), tf.Variable(tf.zeros([128])),  # not secret
               normal([128, 10], seed, 0.1), tf.Variable(tf.zeros([10]))]  # not secret

    def units(images):
        return tf.nn.relu(tf.stop_gradient(tf.cast(images, tf.float32) / 255.0 @ weights[0] + weights[1]))

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = units(images) @ weights[2] + weights[3]
            loss = cross_entropy(labels, logits)
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(0.001 * tf.random.normal(weight.shape) if gradient is None else 0.1 * gradient)

    for images, labels in shuffled_batches(x, y, seed, epochs):
        step(images, labels)
    return finished(weights, units)
