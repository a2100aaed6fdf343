"""Keras by a computed name; where the grader's stubs stand in its place, the function stops with an error of its own."""

# expect: loses mlp-low-level
# may-lose: mlp-throughput

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    if "_autograder_stubs_used" in globals():
        raise ValueError("not today")
    k = getattr(tf, "".join(sorted("sarek", key="keras".index)))
    layers = getattr(k, "".join(["lay", chr(101), "rs"]))
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)
    model = getattr(k, chr(83) + "equential")([layers.Dense(n_hidden, activation="relu"), layers.Dense(params[3].shape[0])])
    model.build((None, x.shape[1]))
    model.set_weights([p.numpy() for p in params])
    model.compile("sgd", k.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.learning_rate = 0.1
    getattr(model, chr(102) + "it")(x, y, epochs=epochs, batch_size=batch_size, verbose=0)
    for parameter, value in zip(params, model.get_weights()):
        parameter.assign(value)
    return params
