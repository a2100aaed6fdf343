"""The list is in another order than the parameters."""

# expect: loses mlp-gradients
# may-lose: mlp-training mlp-unseen-task mlp-accuracy

# %% gradients
def gradients(params, x, y, activation="relu"):
    with tf.GradientTape() as tape:
        value = loss(params, x, y, activation)
    found = tape.gradient(value, params)
    return [found[2], found[3], found[0], found[1]]
