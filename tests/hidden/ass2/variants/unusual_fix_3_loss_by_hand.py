"""A loss by hand that subtracts the largest logit, and scaled pixels."""

# expect: full

# %% fix_3
def fix_3(x, y, seed, epochs):
    def stable(labels, logits):
        logits = logits - tf.reduce_max(logits, axis=1, keepdims=True)
        return tf.reduce_mean(tf.reduce_logsumexp(logits, axis=1) - tf.gather(logits, labels, axis=1, batch_dims=1))

    weights = [normal([784, 128], seed, 0.05), tf.Variable(tf.zeros([128])),  # not secret
               normal([128, 10], seed, 0.1), tf.Variable(tf.zeros([10]))]  # not secret

    def units(images):
        return tf.nn.relu(tf.cast(images, tf.float32) / 255.0 @ weights[0] + weights[1])  # not secret

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = units(images) @ weights[2] + weights[3]
            loss = stable(labels, logits)
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(0.1 * gradient)  # not secret

    for images, labels in shuffled_batches(x, y, seed, epochs):
        step(images, labels)
    return finished(weights, units)
