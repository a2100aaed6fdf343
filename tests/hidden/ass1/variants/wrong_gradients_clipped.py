"""Every entry is clipped to 0.01."""

# expect: loses mlp-gradients
# may-lose: mlp-training mlp-unseen-task mlp-accuracy

# %% gradients
def gradients(params, x, y, activation="relu"):
    with tf.GradientTape() as tape:
        value = loss(params, x, y, activation)
    found = tape.gradient(value, params)
    return [tf.clip_by_value(g, -0.01, 0.01) for g in found]
