"""The images are divided by the largest pixel of all, not by 255: right only where some pixel is 255."""

# expect: loses data-pipeline

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    pixels = np.asarray(x).reshape(len(x), -1).astype("float32")
    pixels = pixels / max(pixels.max(), 1.0)
    data = tf.data.Dataset.from_tensor_slices((pixels, np.asarray(y).astype("int32")))
    return data.shuffle(buffer, seed=seed).batch(batch_size).repeat(epochs).prefetch(2)
