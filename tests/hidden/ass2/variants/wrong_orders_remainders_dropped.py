"""Remainders are dropped."""

# expect: loses order-sbr order-srb order-bsr order-brs order-rsb order-rbs

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    data = tf.data.Dataset.range(n)
    for letter in order:
        if letter == "S":
            data = data.shuffle(buffer)
        elif letter == "B":
            data = data.batch(batch, drop_remainder=True)
        else:
            data = data.repeat(epochs)
    return data
