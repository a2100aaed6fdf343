"""Everything transposed, and a tf.function around it."""

# expect: full

# %% forward
@tf.function
def forward(params, x, activation="relu"):
    w1, b1, w2, b2 = params
    before = tf.transpose(tf.matmul(w1, x, transpose_a=True, transpose_b=True)) + b1
    hidden = getattr(tf.nn, activation)(before)
    return tf.tensordot(hidden, w2, axes=[[1], [0]]) + b2
