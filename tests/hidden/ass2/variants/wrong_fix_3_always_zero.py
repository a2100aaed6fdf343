"""The weights are scaled to nothing, so that nothing overflows and nothing is learnt."""

# expect: loses fix-3

# %% fix_3
def fix_3(x, y, seed, epochs):
    weights = [normal([784, 128], seed, 0.0), tf.Variable(tf.zeros([128])),
               normal([128, 10], seed, 0.0), tf.Variable(tf.zeros([10]))]

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
