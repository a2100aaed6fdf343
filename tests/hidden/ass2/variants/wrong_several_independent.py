"""Three functions are wrong; each costs its own item only."""

# expect: loses data-pipeline summaries order-sbr fix-2

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    raise ValueError("not done")

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    order = "RSB" if order == "SBR" else order
    data = tf.data.Dataset.range(n)
    for letter in order:
        if letter == "S":
            data = data.shuffle(buffer)
        elif letter == "B":
            data = data.batch(batch)
        else:
            data = data.repeat(epochs)
    return data

# %% train_logged
def train_logged(x, y, logdir, steps, seed):
    return None

# %% fix_2
def fix_2(x, y, seed, epochs):
    return [None] * 3
