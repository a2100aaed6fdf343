"""The sum over the batch."""

# expect: loses sgns-loss
# may-lose: embedding-quality

# %% sgns_loss
def sgns_loss(E, C, target, context, label):
    scores = tf.einsum("md,mkd->mk", tf.gather(E, target), tf.gather(C, context))
    each = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.cast(label, tf.float32), logits=scores)
    return tf.reduce_sum(each)
