"""A Keras model with the TensorBoard callback, and images by hand."""

# expect: full

# %% train_logged
def train_logged(x, y, logdir, steps, seed):
    tf.keras.utils.set_random_seed(seed)
    x = np.asarray(x).reshape(-1, 784).astype("float32") / 255
    model = tf.keras.Sequential([tf.keras.Input([784]), tf.keras.layers.Dense(128, "relu"), tf.keras.layers.Dense(10)])
    model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    board = tf.keras.callbacks.TensorBoard(logdir, histogram_freq=1, write_graph=False)
    model.fit(x, np.asarray(y), batch_size=128, epochs=max(steps // 5, 10), steps_per_epoch=4, verbose=0, callbacks=[board])
    with tf.summary.create_file_writer(logdir + "/images").as_default():
        tf.summary.image("inputs", x[:4].reshape(-1, 28, 28, 1), step=0)
    return model.get_weights()
