"""Only the learning rate is changed, the labels still meet strangers."""

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
            weight.assign_sub(0.01 * gradient)

    for images, labels in tf.data.Dataset.zip((tf.data.Dataset.from_tensor_slices(x).shuffle(len(x)).batch(64), tf.data.Dataset.from_tensor_slices(y.astype('int32')).shuffle(len(y)).batch(64))).repeat(epochs):
        step(images, labels)
    return finished(weights, units)
