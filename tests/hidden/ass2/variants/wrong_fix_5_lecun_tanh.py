"""LeCun's tanh, 1.7159 tanh(2z/3), over the same huge weights: not bounded by 1, and flat all the same."""

# expect: loses fix-5

# %% fix_5
def fix_5(x, y, seed, epochs, log=None):
    weights = [normal([784, 128], seed, 1.5), tf.Variable(tf.zeros([128])),  # not secret
               normal([128, 10], seed, 1.5), tf.Variable(tf.zeros([10]))]  # not secret

    def units(images):
        return 1.7159 * tf.tanh((tf.cast(images, tf.float32) / 255.0 @ weights[0] + weights[1]) * 2.0 / 3.0)

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
