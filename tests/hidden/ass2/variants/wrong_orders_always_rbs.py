"""It is always repeat, batch, shuffle."""

# expect: loses order-sbr order-srb order-bsr order-brs order-rsb

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    data = tf.data.Dataset.range(n)
    for letter in 'RBS':
        if letter == "S":
            data = data.shuffle(buffer)
        elif letter == "B":
            data = data.batch(batch)
        else:
            data = data.repeat(epochs)
    return data
