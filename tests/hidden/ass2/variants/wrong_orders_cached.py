"""A cache behind the shuffle."""

# expect: loses order-sbr order-srb order-bsr

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    data = tf.data.Dataset.range(n)
    for letter in order:
        if letter == "S":
            data = data.shuffle(buffer).cache()
        elif letter == "B":
            data = data.batch(batch)
        else:
            data = data.repeat(epochs)
    return data
