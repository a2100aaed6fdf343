"""tanh, pixels moved to -0.5 to 0.5."""

# expect: full

# %% fix_1
def fix_1(x, y, seed, epochs):
    weights = [normal([784, 128], seed, 0.035), tf.Variable(tf.zeros([128])),
               normal([128, 10], seed, 0.1), tf.Variable(tf.zeros([10]))]  # not secret

    def units(images):
        return tf.tanh((tf.cast(images, tf.float32) / 255.0 - 0.5) @ weights[0] + weights[1])

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

# %% fix_2
def fix_2(x, y, seed, epochs):
    weights = [normal([784, 128], seed, 0.035), tf.Variable(tf.zeros([128])),
               normal([128, 10], seed, 0.1), tf.Variable(tf.zeros([10]))]  # not secret

    def units(images):
        return tf.tanh((tf.cast(images, tf.float32) / 255.0 - 0.5) @ weights[0] + weights[1])

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

# %% fix_3
def fix_3(x, y, seed, epochs):
    weights = [normal([784, 128], seed, 0.035), tf.Variable(tf.zeros([128])),
               normal([128, 10], seed, 0.1), tf.Variable(tf.zeros([10]))]  # not secret

    def units(images):
        return tf.tanh((tf.cast(images, tf.float32) / 255.0 - 0.5) @ weights[0] + weights[1])

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

# %% fix_4
def fix_4(x, y, seed, epochs):
    weights = [normal([784, 128], seed, 0.035), tf.Variable(tf.zeros([128])),
               normal([128, 10], seed, 0.1), tf.Variable(tf.zeros([10]))]  # not secret

    def units(images):
        return tf.tanh((tf.cast(images, tf.float32) / 255.0 - 0.5) @ weights[0] + weights[1])

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

# %% fix_5
def fix_5(x, y, seed, epochs):
    weights = [normal([784, 128], seed, 0.035), tf.Variable(tf.zeros([128])),
               normal([128, 10], seed, 0.1), tf.Variable(tf.zeros([10]))]  # not secret

    def units(images):
        return tf.tanh((tf.cast(images, tf.float32) / 255.0 - 0.5) @ weights[0] + weights[1])

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
