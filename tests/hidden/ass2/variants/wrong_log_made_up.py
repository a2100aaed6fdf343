"""Nothing is trained: the log holds a made-up curve, made-up weights, and the first image."""

# expect: loses summaries

# %% train_logged
def train_logged(x, y, logdir, steps, seed):
    writer = tf.summary.create_file_writer(logdir)
    with writer.as_default():
        for i in range(steps):
            tf.summary.scalar("loss", 2.3 * 0.95**i, step=i)
        tf.summary.histogram("W1", np.linspace(-1, 1, 100), step=0)
        tf.summary.image("input", np.asarray(x[:1]).reshape(1, 28, 28, 1).astype("uint8"), step=0)
    writer.close()
    return None
