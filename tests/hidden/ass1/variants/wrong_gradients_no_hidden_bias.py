"""The gradient of the hidden bias is left at zero."""

# expect: loses mlp-gradients
# may-lose: mlp-training mlp-unseen-task mlp-accuracy

# %% gradients
def gradients(params, x, y, activation="relu"):
    with tf.GradientTape() as tape:
        value = loss(params, x, y, activation)
    found = tape.gradient(value, params)
    return [found[0], tf.zeros_like(params[1]), found[2], found[3]]
