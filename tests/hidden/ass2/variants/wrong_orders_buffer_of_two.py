"""The shuffle buffer holds two, whatever was asked for."""

# expect: loses order-sbr order-srb order-bsr order-brs order-rsb order-rbs

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    data = tf.data.Dataset.range(n)
    for letter in order:
        if letter == "S":
            data = data.shuffle(2)
        elif letter == "B":
            data = data.batch(batch)
        else:
            data = data.repeat(epochs)
    return data
