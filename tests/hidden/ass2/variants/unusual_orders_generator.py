"""The repeat is a concatenation, for orders that repeat before the shuffle and after it."""

# expect: full

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    data = tf.data.Dataset.range(n)
    for letter in order:
        if letter == "S":
            data = data.shuffle(buffer)
        elif letter == "B":
            data = data.batch(batch, num_parallel_calls=2)
        else:
            once = data
            for _ in range(epochs - 1):
                data = data.concatenate(once)
    return data
