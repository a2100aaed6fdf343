"""The loss as softplus of signed scores."""

# expect: full

# %% sgns_loss
def sgns_loss(E, C, target, context, label):
    e = tf.nn.embedding_lookup(E, target)
    c = tf.nn.embedding_lookup(C, context)
    scores = tf.squeeze(tf.matmul(c, e[:, :, None]), axis=2)
    sign = 1.0 - 2.0 * tf.cast(label, scores.dtype)
    return tf.reduce_sum(tf.math.softplus(sign * scores)) / tf.cast(tf.shape(scores)[0], scores.dtype)
