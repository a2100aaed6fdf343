"""With shuffle, batch, repeat the batches are shuffled once more, so that the short one stands anywhere in its epoch."""

# expect: loses order-sbr

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    data = tf.data.Dataset.range(n)
    for letter in order:
        if letter == "S":
            data = data.shuffle(buffer)
        elif letter == "B":
            data = data.batch(batch)
            if order == "SBR":
                data = data.shuffle(n)
        else:
            data = data.repeat(epochs)
    return data
