"""The biases start at -2 instead of -4."""

# expect: loses fix-2

# %% fix_2
def fix_2(x, y, seed, epochs):
    weights = [normal([784, 128], seed, 0.05), tf.Variable(tf.fill([128], -2.5)),
               normal([128, 10], seed, 0.1), tf.Variable(tf.zeros([10]))]  # not secret

    def units(images):
        return tf.nn.relu(tf.cast(images, tf.float32) / 255.0 @ weights[0] + weights[1])  # not secret

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = units(images) @ weights[2] + weights[3]
            loss = cross_entropy(labels, logits)
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(0.1 * gradient)  # not secret

    for images, labels in shuffled_batches(x, y, seed, epochs):
        step(images, labels)
    return finished(weights, units)
