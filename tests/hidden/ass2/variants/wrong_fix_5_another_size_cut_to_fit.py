"""A Keras model with 256 hidden units, of which only 128 are shown."""

# expect: loses fix-5

# %% fix_5
def fix_5(x, y, seed, epochs):
    tf.keras.utils.set_random_seed(seed)
    first = tf.keras.layers.Dense(256, activation="relu")
    second = tf.keras.layers.Dense(10)
    model = tf.keras.Sequential([tf.keras.Input([784]), tf.keras.layers.Rescaling(1 / 255), first, second])
    model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    if epochs:
        model.fit(x.astype("float32"), y, batch_size=128, epochs=epochs, verbose=0)

    def hidden(images):
        return first(images.astype("float32") / 255).numpy()[:, :128]

    def predict(images):
        return model.predict(images.astype("float32"), verbose=0, batch_size=1000).argmax(axis=1)

    w1, b1, w2, b2 = [*first.get_weights(), *second.get_weights()]
    return [w1[:, :128], b1[:128], w2[:128], b2], hidden, predict
