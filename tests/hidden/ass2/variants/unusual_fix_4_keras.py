"""The fourth repair as a Keras model of the same size, with Adam."""

# expect: full

# %% fix_4
def fix_4(x, y, seed, epochs):
    tf.keras.utils.set_random_seed(seed)
    first = tf.keras.layers.Dense(128, activation="relu")
    second = tf.keras.layers.Dense(10)
    model = tf.keras.Sequential([tf.keras.Input([784]), tf.keras.layers.Rescaling(1 / 255), first, second])
    model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    if epochs:
        model.fit(x.astype("float32"), y, batch_size=128, epochs=epochs, verbose=0)

    def hidden(images):
        return first(images.astype("float32") / 255).numpy()

    def predict(images):
        return np.argmax(second(hidden(images)), axis=1)

    return [*first.get_weights(), *second.get_weights()], hidden, predict
