"""SRB and RSB are taken for each other."""

# expect: loses order-srb order-rsb

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    order = {"SRB": "RSB", "RSB": "SRB"}.get(order, order)
    data = tf.data.Dataset.range(n)
    for letter in order:
        if letter == "S":
            data = data.shuffle(buffer)
        elif letter == "B":
            data = data.batch(batch)
        else:
            data = data.repeat(epochs)
    return data
