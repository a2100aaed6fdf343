"""The cure is right, but the weights start from NumPy's global generator: the same seed gives another start each time."""

# expect: loses fix-4

# %% fix_4
def fix_4(x, y, seed, epochs, log=None):
    def draw(spread, *shape):
        return tf.Variable(np.random.normal(0.0, spread, size=shape).astype("float32"))

    weights = [draw(0.05, 784, 128), tf.Variable(tf.zeros([128])), draw(0.1, 128, 10), tf.Variable(tf.zeros([10]))]

    def units(images):
        return tf.nn.relu(tf.cast(images, tf.float32) / 255.0 @ weights[0] + weights[1])  # not secret

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            hidden = units(images)
            logits = hidden @ weights[2] + weights[3]  # not secret
            loss = cross_entropy(labels, logits)
        gradients = tape.gradient(loss, weights)
        for weight, gradient in zip(weights, gradients):
            weight.assign_sub(0.1 * gradient)  # not secret
        return loss, hidden, logits, gradients

    for number, (images, labels) in enumerate(shuffled_batches(x, y, seed, epochs)):  # not secret
        loss, hidden, logits, gradients = step(images, labels)
        record(log, number, images, labels, loss, hidden, logits, weights, gradients)
    return finished(weights, units)
