"""Log-sum-exp by hand, with the maximum of each row taken out."""

# expect: full

# %% loss
def loss(params, x, y, activation="relu"):
    logits = forward(params, x, activation)
    top = tf.reduce_max(logits, axis=1, keepdims=True)
    log_sum = tf.squeeze(top, 1) + tf.math.log(tf.reduce_sum(tf.exp(logits - top), axis=1))
    return tf.reduce_mean(log_sum - tf.gather(logits, tf.cast(y, tf.int32), batch_dims=1))
