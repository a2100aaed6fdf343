"""Keras behind a form feed: for the reader of the text a timing magic, for Python an ordinary expression."""

# expect: loses mlp-low-level
# may-lose: mlp-throughput

# %% train
%precision 3
KEPT = []
def time(thing):
    KEPT.append(thing)
    return 3

a = 5 %time(tf.keras.Sequential)
b = 5 %time(tf.keras.layers.Dense)
c = 5 %time(tf.keras.Model.fit)

def train(x, y, n_hidden, epochs, batch_size, seed):
    stack, layer, learn = KEPT
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)
    model = stack([layer(n_hidden, activation="relu"), layer(params[3].shape[0])])
    model.build((None, x.shape[1]))
    model.set_weights([p.numpy() for p in params])
    model.compile(tf.keras.optimizers.SGD(0.1), tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    learn(model, x, y, epochs=epochs, batch_size=batch_size, verbose=0)
    for parameter, value in zip(params, model.get_weights()):
        parameter.assign(value)
    return params
