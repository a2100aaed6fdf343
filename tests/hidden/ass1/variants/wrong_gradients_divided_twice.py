"""Divided by the batch size once more."""

# expect: loses mlp-gradients
# may-lose: mlp-training mlp-unseen-task mlp-accuracy

# %% gradients
def gradients(params, x, y, activation="relu"):
    with tf.GradientTape() as tape:
        value = loss(params, x, y, activation)
    found = tape.gradient(value, params)
    return [g / len(x) for g in found]
