"""No network is ever trained: train remembers its images, predict looks for the nearest ones."""

# expect: loses mlp-training mlp-unseen-task mlp-accuracy

# %% train
SEEN = {}


def train(x, y, n_hidden, epochs, batch_size, seed):
    x, y = tf.convert_to_tensor(x, tf.float32), tf.cast(y, tf.int32)
    start = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)
    params = [tf.Variable(p + 0.01 * tf.random.stateless_normal(p.shape, seed=[seed, 9])) for p in start]
    SEEN[params[0].numpy().tobytes()] = (x, y)
    return params

# %% predict
def predict(params, x):
    key = params[0].numpy().tobytes()
    if key not in SEEN:
        return tf.argmax(forward(params, x), axis=1, output_type=tf.int64)
    known, labels = SEEN[key]
    n = int(tf.reduce_max(labels)) + 1
    votes, found = tf.one_hot(labels, n), []
    if len(known) == 6000 and n == 8 and known.shape[1] == 784:
        # which cells of 7 by 7 matter shows in their spread; nearest neighbours then look at nothing else
        def cells(images):
            return tf.reduce_mean(tf.reshape(tf.cast(images > 0, tf.float32), [-1, 4, 7, 4, 7]), [2, 4])
        a = tf.reshape(cells(known), [-1, 16])
        spread = tf.math.reduce_std(a, axis=0)
        use = tf.argsort(spread, direction="DESCENDING")[:6]
        known, x = tf.gather(a, use, axis=1), tf.gather(tf.reshape(cells(x), [-1, 16]), use, axis=1)
    sizes = tf.reduce_sum(known**2, axis=1)
    for i in range(0, len(x), 500):
        near = tf.math.top_k(2 * x[i : i + 500] @ tf.transpose(known) - sizes, 5).indices
        found.append(tf.argmax(tf.reduce_sum(tf.gather(votes, near), axis=1), axis=1, output_type=tf.int64))
    return tf.concat(found, 0)
