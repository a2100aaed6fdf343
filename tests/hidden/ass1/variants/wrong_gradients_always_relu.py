"""The activation is not passed on."""

# expect: loses mlp-gradients

# %% gradients
def gradients(params, x, y, activation="relu"):
    with tf.GradientTape() as tape:
        value = loss(params, x, y)
    return tape.gradient(value, params)
