"""Keras' binary cross-entropy, its mean over a row times the row's length."""

# expect: full

# %% sgns_loss
def sgns_loss(E, C, target, context, label):
    scores = tf.einsum("md,mkd->mk", tf.gather(E, target), tf.gather(C, context))
    each = tf.keras.losses.binary_crossentropy(tf.cast(label, tf.float32), scores, from_logits=True)
    return tf.reduce_mean(each) * tf.cast(tf.shape(label)[1], tf.float32)
