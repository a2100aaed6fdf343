"""Every call of run_steps begins with a new optimiser."""

# expect: loses graph-equals-eager tracing
# may-lose: graph-speedup

# %% make_train_step
def _make(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)

    def step(x, y):
        with tf.GradientTape() as tape:
            logits = handle(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        optimiser.apply_gradients(zip(tape.gradient(loss, handle.trainable_variables), handle.trainable_variables))
        return loss

    return tf.function(step) if graph else step

def make_train_step(handle, graph, lr):
    return handle, graph, lr

# %% run_steps
def run_steps(step, x, y, k):
    taken = _make(*step)
    y = tf.reshape(y, [-1])
    return tf.stack([taken(x, y) for _ in range(k)])

# %% traces
def traces(step):
    return int(step[1])
