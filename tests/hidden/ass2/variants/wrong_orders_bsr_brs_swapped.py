"""BSR and BRS are taken for each other."""

# expect: loses order-bsr order-brs

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    order = {"BSR": "BRS", "BRS": "BSR"}.get(order, order)
    data = tf.data.Dataset.range(n)
    for letter in order:
        if letter == "S":
            data = data.shuffle(buffer)
        elif letter == "B":
            data = data.batch(batch)
        else:
            data = data.repeat(epochs)
    return data
