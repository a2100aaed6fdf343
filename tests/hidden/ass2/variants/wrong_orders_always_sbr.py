"""It is always shuffle, batch, repeat."""

# expect: loses order-srb order-bsr order-brs order-rsb order-rbs

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    data = tf.data.Dataset.range(n)
    for letter in 'SBR':
        if letter == "S":
            data = data.shuffle(buffer)
        elif letter == "B":
            data = data.batch(batch)
        else:
            data = data.repeat(epochs)
    return data
