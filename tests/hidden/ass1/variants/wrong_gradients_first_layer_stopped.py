"""Nothing flows back into the first layer."""

# expect: loses mlp-gradients
# may-lose: mlp-training mlp-unseen-task mlp-accuracy

# %% gradients
def gradients(params, x, y, activation="relu"):
    with tf.GradientTape() as tape:
        value = loss(params, x, y, activation)
    found = tape.gradient(value, params)
    return [tf.zeros_like(params[0]), tf.zeros_like(params[1]), found[2], found[3]]
