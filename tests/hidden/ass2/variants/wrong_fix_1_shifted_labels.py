"""Pairs are kept together, but each label belongs to the image before it."""

# expect: loses fix-1

# %% fix_1
def fix_1(x, y, seed, epochs):
    weights = [normal([784, 128], seed, 0.05), tf.Variable(tf.zeros([128])),  # not secret
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

    for images, labels in shuffled_batches(x, np.roll(y, 1), seed, epochs):
        step(images, labels)
    return finished(weights, units)
