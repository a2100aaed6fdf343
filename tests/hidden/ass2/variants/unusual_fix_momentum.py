"""Momentum instead of plain steps."""

# expect: full

# %% fix_1
def fix_1(x, y, seed, epochs):
    class Momentum:
        def __init__(self):
            self.speed = {}

        def update(self, weight, gradient):
            if weight.ref() not in self.speed:
                with tf.init_scope():
                    self.speed[weight.ref()] = tf.Variable(tf.zeros(weight.shape))
            speed = self.speed[weight.ref()]
            speed.assign(0.9 * speed + gradient)
            weight.assign_sub(0.02 * speed)

    momentum = Momentum()
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
            momentum.update(weight, gradient)

    for images, labels in shuffled_batches(x, y, seed, epochs):
        step(images, labels)
    return finished(weights, units)

# %% fix_4
def fix_4(x, y, seed, epochs):
    class Momentum:
        def __init__(self):
            self.speed = {}

        def update(self, weight, gradient):
            if weight.ref() not in self.speed:
                with tf.init_scope():
                    self.speed[weight.ref()] = tf.Variable(tf.zeros(weight.shape))
            speed = self.speed[weight.ref()]
            speed.assign(0.9 * speed + gradient)
            weight.assign_sub(0.02 * speed)

    momentum = Momentum()
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
            momentum.update(weight, gradient)

    for images, labels in shuffled_batches(x, y, seed, epochs):
        step(images, labels)
    return finished(weights, units)
