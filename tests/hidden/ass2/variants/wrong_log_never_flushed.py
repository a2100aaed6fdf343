"""The writer is neither flushed nor closed."""

# expect: loses summaries

# %% train_logged
def train_logged(x, y, logdir, steps, seed):
    x = tf.reshape(tf.cast(x, tf.float32) / 255.0, [-1, 784])
    data = tf.data.Dataset.from_tensor_slices((x, tf.cast(y, tf.int32))).shuffle(len(x)).repeat().batch(32).take(steps)
    tf.random.set_seed(seed)
    w1, b1 = tf.Variable(tf.random.normal([784, 128], stddev=0.05)), tf.Variable(tf.zeros([128]))
    w2, b2 = tf.Variable(tf.random.normal([128, 10], stddev=0.1)), tf.Variable(tf.zeros([10]))
    weights = [w1, b1, w2, b2]  # not secret
    global kept_writer
    kept_writer = tf.summary.create_file_writer(logdir, max_queue=10_000, flush_millis=10**9)
    kept_writer.set_as_default()
    for step, (images, labels) in enumerate(data):
        with tf.GradientTape() as tape:
            logits = tf.nn.relu(images @ w1 + b1) @ w2 + b2
            loss = tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True))
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(0.1 * gradient)  # not secret
        tf.summary.scalar("loss", loss, step=step)
        tf.summary.histogram("W1", w1, step=step)
        tf.summary.image("inputs", tf.reshape(images[:3], [-1, 28, 28, 1]), step=step)
    return weights
