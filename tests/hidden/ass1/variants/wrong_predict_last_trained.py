"""train keeps its network in a global variable, which is what predict uses; what it returns is worth nothing."""

# expect: loses mlp-training

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    global LAST
    LAST = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x), seed=seed).batch(batch_size)
    for images, labels in data.repeat(epochs):
        descend(LAST, images, labels)
    return [tf.Variable(0 * parameter) for parameter in LAST]


@tf.function
def descend(params, images, labels):
    with tf.GradientTape() as tape:
        value = loss(params, images, labels)
    for parameter, slope in zip(params, tape.gradient(value, params)):
        parameter.assign_sub(0.1 * slope)


# %% predict
def predict(params, x):
    return tf.argmax(forward(LAST, x), axis=1)
