"""The pixels from 0 to 1 are cast to bytes before they are written: what is logged are black pictures, not the inputs."""

# expect: loses summaries

# %% train_logged
def train_logged(x, y, logdir, steps, seed):
    x = tf.reshape(tf.cast(x, tf.float32) / 255.0, [-1, 784])
    data = tf.data.Dataset.from_tensor_slices((x, tf.cast(y, tf.int32)))
    data = data.shuffle(len(x), seed=seed).repeat().batch(64).take(steps)
    w1 = tf.Variable(tf.random.stateless_normal([784, 128], seed=[seed, 1], stddev=0.05))
    b1 = tf.Variable(tf.zeros([128]))  # not secret
    w2 = tf.Variable(tf.random.stateless_normal([128, 10], seed=[seed, 2], stddev=0.1))
    b2 = tf.Variable(tf.zeros([10]))  # not secret
    weights = [w1, b1, w2, b2]  # not secret
    writer = tf.summary.create_file_writer(logdir)
    with writer.as_default():
        for step, (images, labels) in enumerate(data):
            with tf.GradientTape() as tape:
                logits = tf.nn.relu(images @ w1 + b1) @ w2 + b2
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))  # not secret
            for weight, gradient in zip(weights, tape.gradient(loss, weights)):
                weight.assign_sub(0.1 * gradient)  # not secret
            tf.summary.scalar("loss", loss, step=step)
            tf.summary.histogram("W1", w1, step=step)
        pictures = tf.cast(tf.reshape(images[:4], [-1, 28, 28, 1]), tf.uint8)
        tf.summary.image("inputs", pictures, step=steps, max_outputs=4)
    writer.close()
    return weights
