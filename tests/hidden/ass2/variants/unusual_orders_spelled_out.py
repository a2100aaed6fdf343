"""Each order is written down by itself; numbers come from an array."""

# expect: full

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    numbers = tf.data.Dataset.from_tensor_slices(np.arange(n, dtype=np.int64))
    made = {
        "SBR": lambda: numbers.shuffle(buffer, reshuffle_each_iteration=True).batch(batch).repeat(epochs),
        "SRB": lambda: numbers.shuffle(buffer, seed=7).repeat(epochs).batch(batch),
        "BSR": lambda: numbers.batch(batch).shuffle(buffer).repeat(epochs),
        "BRS": lambda: numbers.batch(batch).repeat(epochs).shuffle(buffer),
        "RSB": lambda: numbers.repeat(epochs).shuffle(buffer).batch(batch),
        "RBS": lambda: numbers.repeat(epochs).batch(batch).shuffle(buffer),
    }
    return made[order]()
