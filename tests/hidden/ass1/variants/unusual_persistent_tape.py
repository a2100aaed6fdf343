"""A persistent tape, asked for each parameter in turn; a tuple comes back as a list."""

# expect: full

# %% gradients
def gradients(params, x, y, activation="relu"):
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(params)
        value = loss(params, x, y, activation)
    return [tape.gradient(value, parameter) for parameter in params]
