"""Batches are taken apart and made again around the shuffle."""

# expect: loses order-bsr order-brs order-rbs

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    data = tf.data.Dataset.range(n)
    for letter in order:
        if letter == "S":
            data = data.unbatch() if order.index("B") < order.index("S") else data
            data = data.shuffle(buffer)
            data = data.batch(batch) if order.index("B") < order.index("S") else data
        elif letter == "B":
            data = data.batch(batch)
        else:
            data = data.repeat(epochs)
    return data
