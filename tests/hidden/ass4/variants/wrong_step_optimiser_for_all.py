"""One optimiser for all models, made once."""

# expect: loses graph-equals-eager
# may-lose: tracing graph-speedup densenet-learns

# %% make_train_step
_optimiser = tf.keras.optimizers.Adam(0.01)

def make_train_step(handle, graph, lr):
    def step(x, y):
        with tf.GradientTape() as tape:
            logits = handle(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        _optimiser.apply_gradients(zip(tape.gradient(loss, handle.trainable_variables), handle.trainable_variables))
        return loss

    return tf.function(step) if graph else step
