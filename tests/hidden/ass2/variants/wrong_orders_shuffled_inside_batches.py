"""Where batch comes first, the numbers within each batch are shuffled besides the batches."""

# expect: loses order-bsr order-brs order-rbs

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    data = tf.data.Dataset.range(n)
    for letter in order:
        if letter == "S":
            data = data.shuffle(buffer)
        elif letter == "B":
            data = data.batch(batch)
            if "S" in order[order.index("B") :]:
                data = data.map(tf.random.shuffle)
        else:
            data = data.repeat(epochs)
    return data
