"""Event files in the format of TensorFlow 1 and of PyTorch's writer."""

# expect: full

# %% train_logged
def train_logged(x, y, logdir, steps, seed):
    x = tf.reshape(tf.cast(x, tf.float32) / 255.0, [-1, 784])
    data = tf.data.Dataset.from_tensor_slices((x, tf.cast(y, tf.int32))).shuffle(len(x)).repeat().batch(32).take(steps)
    tf.random.set_seed(seed)
    w1, b1 = tf.Variable(tf.random.normal([784, 128], stddev=0.05)), tf.Variable(tf.zeros([128]))
    w2, b2 = tf.Variable(tf.random.normal([128, 10], stddev=0.1)), tf.Variable(tf.zeros([10]))
    weights = [w1, b1, w2, b2]  # not secret
    from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter
    from tensorboard.compat.proto.event_pb2 import Event

    writer = EventFileWriter(logdir)

    def add(step, **content):
        writer.add_event(Event(step=step, wall_time=1.0 * step, summary=Summary(value=[Summary.Value(**content)])))

    for step, (images, labels) in enumerate(data):
        with tf.GradientTape() as tape:
            logits = tf.nn.relu(images @ w1 + b1) @ w2 + b2
            loss = tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True))
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(0.1 * gradient)  # not secret
        add(step, tag="loss", simple_value=float(loss))
        counts, edges = np.histogram(w1.numpy(), bins=20)
        histo = HistogramProto(min=edges[0], max=edges[-1], num=float(counts.sum()), bucket=counts.astype(float))
        histo.bucket_limit.extend(edges[1:])
        add(step, tag="W1", histo=histo)
        if step % 20 == 0:
            png = tf.io.encode_png(tf.cast(tf.reshape(images[0], [28, 28, 1]) * 255, tf.uint8)).numpy()
            add(step, tag="input", image=Summary.Image(height=28, width=28, colorspace=1, encoded_image_string=png))
    writer.close()
    return weights
