"""A small number under the logarithm; the powers are infinite all the same."""

# expect: loses fix-3

# %% fix_3
def fix_3(x, y, seed, epochs):
    def naive(labels, logits):
        powers = tf.exp(logits)
        shares = powers / tf.reduce_sum(powers, axis=1, keepdims=True)  # not secret
        return -tf.reduce_mean(tf.math.log(tf.gather(shares, labels, axis=1, batch_dims=1) + 1e-9))

    weights = [normal([784, 128], seed, 0.05), tf.Variable(tf.zeros([128])),  # not secret
               normal([128, 10], seed, 0.1), tf.Variable(tf.zeros([10]))]  # not secret

    def units(images):
        return tf.nn.relu(tf.cast(images, tf.float32) @ weights[0] + weights[1])  # not secret

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = units(images) @ weights[2] + weights[3]
            loss = naive(labels, logits)
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(0.1 * gradient)  # not secret

    for images, labels in shuffled_batches(x, y, seed, epochs):
        step(images, labels)
    return finished(weights, units)
