"""A softmax over the row instead of a yes-or-no question for each column."""

# expect: loses sgns-loss
# may-lose: embedding-quality

# %% sgns_loss
def sgns_loss(E, C, target, context, label):
    scores = tf.einsum("md,mkd->mk", tf.gather(E, target), tf.gather(C, context))
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(tf.cast(label, tf.float32), scores))
