"""The loss and the rest go to two folders, with further tags."""

# expect: full

# %% train_logged
def train_logged(x, y, logdir, steps, seed):
    x = tf.reshape(tf.cast(x, tf.float32) / 255.0, [-1, 784])
    data = tf.data.Dataset.from_tensor_slices((x, tf.cast(y, tf.int32))).shuffle(len(x)).repeat().batch(32).take(steps)
    tf.random.set_seed(seed)
    w1, b1 = tf.Variable(tf.random.normal([784, 128], stddev=0.05)), tf.Variable(tf.zeros([128]))
    w2, b2 = tf.Variable(tf.random.normal([128, 10], stddev=0.1)), tf.Variable(tf.zeros([10]))
    weights = [w1, b1, w2, b2]  # not secret
    first, second = (tf.summary.create_file_writer(os.path.join(logdir, name)) for name in ("train", "pictures"))
    for step, (images, labels) in enumerate(data):
        with tf.GradientTape() as tape:
            logits = tf.nn.relu(images @ w1 + b1) @ w2 + b2
            loss = tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True))
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(0.1 * gradient)  # not secret
        with first.as_default():
            tf.summary.scalar("training/cross entropy", loss, step=step)
            tf.summary.text("note", "a step", step=step)
        with second.as_default():
            tf.summary.histogram("W2", w2, step=step)
            tf.summary.image("digits", tf.reshape(images[:1], [1, 28, 28, 1]), step=step)
    first.close()
    second.close()
    return weights
