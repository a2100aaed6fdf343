"""Raw pixels with the stable loss, weights 255 times smaller and a step of the first layer to match."""

# expect: full

# %% fix_3
def fix_3(x, y, seed, epochs):
    weights = [normal([784, 128], seed, 0.05 / 255), tf.Variable(tf.zeros([128])),
               normal([128, 10], seed, 0.1), tf.Variable(tf.zeros([10]))]  # not secret

    def units(images):
        return tf.nn.relu(tf.cast(images, tf.float32) @ weights[0] + weights[1])  # not secret

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = units(images) @ weights[2] + weights[3]
            loss = cross_entropy(labels, logits)
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub((0.1 / 255**2 if weight is weights[0] else 0.1) * gradient)

    for images, labels in shuffled_batches(x, y, seed, epochs):
        step(images, labels)
    return finished(weights, units)
