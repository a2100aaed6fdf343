"""Normalised tables and top_k."""

# expect: full

# %% analogy
def analogy(E, a, b, c, k):
    unit = tf.math.l2_normalize(E, axis=1)
    query = tf.math.l2_normalize(tf.gather(E, b) - tf.gather(E, a) + tf.gather(E, c), axis=0)
    cosine = tf.linalg.matvec(unit, query)
    mask = tf.reduce_max(tf.one_hot([0, a, b, c], len(E)), axis=0)
    return tf.math.top_k(cosine - 10.0 * mask, k).indices
