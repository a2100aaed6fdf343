# The small notebook that grading tools are compared on: a network of one hidden layer, trained for a moment.
# `# %% NAME KIND [POINTS]` starts a cell; KIND is locked, solution or grade. `classes.py` makes notebooks of it.
# %% imports locked
import tensorflow as tf


# %% init solution
def init(n_in, n_hidden, n_out, seed):
    """W1 [n_in, n_hidden], b1 [n_hidden], W2 [n_hidden, n_out], b2 [n_out] as float32 tensors, drawn from `seed`."""
    w1 = tf.random.stateless_normal([n_in, n_hidden], [seed, 1], stddev=(2.0 / n_in) ** 0.5)
    w2 = tf.random.stateless_normal([n_hidden, n_out], [seed, 2], stddev=(2.0 / n_hidden) ** 0.5)
    return [w1, tf.zeros([n_hidden]), w2, tf.zeros([n_out])]


# %% small-init grade 1
assert [tuple(p.shape) for p in init(4, 8, 3, 0)] == [(4, 8), (8,), (8, 3), (3,)]


# %% forward solution
def forward(params, x):
    """Logits float32 [B, n_out] of inputs float32 [B, n_in], with ReLU."""
    w1, b1, w2, b2 = params
    return tf.nn.relu(x @ w1 + b1) @ w2 + b2


# %% small-forward grade 2
assert tuple(forward(init(4, 8, 3, 0), tf.ones([5, 4])).shape) == (5, 3)


# %% loss solution
def loss(params, x, y):
    """Mean cross-entropy of a batch: x float32 [B, n_in], y int32 [B]."""
    rows = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=forward(params, x))
    return tf.reduce_mean(rows)


# %% small-loss grade 2
assert 0 < float(loss(init(4, 8, 3, 0), tf.ones([2, 4]), tf.constant([0, 2]))) < 20


# %% train solution
def train(x, y, n_hidden, steps, seed):
    """Parameters after `steps` steps of gradient descent on all of x float32 [n, n_in], y int32 [n]."""
    classes = int(tf.reduce_max(y)) + 1
    params = [tf.Variable(p) for p in init(x.shape[1], n_hidden, classes, seed)]
    for _ in range(steps):
        with tf.GradientTape() as tape:
            value = loss(params, x, y)
        for p, slope in zip(params, tape.gradient(value, params), strict=True):
            p.assign_sub(0.5 * slope)
    return [p.value() for p in params]


# %% small-training grade 3
corners = tf.constant([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
trained = train(corners, tf.constant([0, 1, 1, 0]), n_hidden=16, steps=60, seed=1)
assert tuple(forward(trained, corners).shape) == (4, 2)
