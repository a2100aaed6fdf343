"""Two Keras Dense layers do the work in train; they are fetched with operator.attrgetter, so the name is only a string."""

# expect: loses mlp-low-level

# %% train
def train(x, y, n_hidden, epochs, batch_size, seed):
    x = tf.convert_to_tensor(x)
    y = tf.cast(y, tf.int32)
    n, n_in = int(x.shape[0]), int(x.shape[1])
    params = init_params(n_in, n_hidden, int(tf.reduce_max(y)) + 1, seed)
    first, second = Affine(n_hidden, activation="relu"), Affine(int(params[3].shape[0]))
    first.build([None, n_in])
    second.build([None, n_hidden])
    first.set_weights([p.numpy() for p in params[:2]])
    second.set_weights([p.numpy() for p in params[2:]])
    weights = first.trainable_variables + second.trainable_variables
    rng = np.random.default_rng(seed)

    @tf.function(reduce_retracing=True)
    def step(xb, yb):
        with tf.GradientTape() as tape:
            logits = second(first(xb))
            value = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=yb, logits=logits))
        for w, g in zip(weights, tape.gradient(value, weights)):
            w.assign(w - 0.1 * g)

    for epoch in range(epochs):
        order = rng.permutation(n)
        for start in range(0, n, batch_size):
            chosen = order[start:start + batch_size]
            step(tf.gather(x, chosen), tf.gather(y, chosen))
    for p, w in zip(params, first.get_weights() + second.get_weights()):
        p.assign(w)
    return params

# %% +
from operator import attrgetter

Affine = attrgetter(".".join(["lay" + "ers", "Den" + "se"]))(tf.keras)

# %% predict
def predict(params, x):
    return tf.argmax(forward(params, x, "relu"), axis=1)
