"""The wide weights stay; normalising the sums of each batch opens the tanh again."""

# expect: full

# %% fix_5
def fix_5(x, y, seed, epochs):
    w1, b1 = normal([784, 128], seed, 1.5), tf.Variable(tf.zeros([128]))  # not secret
    w2, b2 = normal([128, 10], seed, 0.1), tf.Variable(tf.zeros([10]))  # not secret
    scale = tf.Variable(tf.ones([128]))
    mean, variance = tf.Variable(tf.zeros([128])), tf.Variable(tf.fill([128], 200.0))
    trained = [w1, b1, w2, b2, scale]

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            z = tf.cast(images, tf.float32) / 255.0 @ w1  # not secret
            m, v = tf.nn.moments(z, axes=[0])
            mean.assign(0.95 * mean + 0.05 * m)
            variance.assign(0.95 * variance + 0.05 * v)
            h = tf.tanh(scale * (z - m) / tf.sqrt(v + 1e-3) + b1)
            loss = cross_entropy(labels, h @ w2 + b2)
        for weight, gradient in zip(trained, tape.gradient(loss, trained)):
            weight.assign_sub((60.0 if weight is w1 else 0.1) * gradient)

    def units(images):
        z = tf.cast(images, tf.float32) / 255.0 @ w1  # not secret
        return tf.tanh(scale * (z - mean) / tf.sqrt(variance + 1e-3) + b1)

    for images, labels in shuffled_batches(x, y, seed, epochs):
        step(images, labels)
    return finished([w1, b1, w2, b2], units)
