"""BRS and RBS are taken for each other."""

# expect: loses order-brs order-rbs

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    order = {"BRS": "RBS", "RBS": "BRS"}.get(order, order)
    data = tf.data.Dataset.range(n)
    for letter in order:
        if letter == "S":
            data = data.shuffle(buffer)
        elif letter == "B":
            data = data.batch(batch)
        else:
            data = data.repeat(epochs)
    return data
