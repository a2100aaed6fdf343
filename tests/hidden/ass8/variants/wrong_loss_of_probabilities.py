"""The logarithm of probabilities, infinite for large scores."""

# expect: loses sgns-loss
# may-lose: embedding-quality

# %% sgns_loss
def sgns_loss(E, C, target, context, label):
    scores = tf.einsum("md,mkd->mk", tf.gather(E, target), tf.gather(C, context))
    p = tf.sigmoid(scores)
    y = tf.cast(label, tf.float32)
    return -tf.reduce_mean(tf.reduce_sum(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p), axis=1))
