"""The step is a dictionary."""

# expect: full

# %% make_train_step
def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)
    count = {"traces": 0}

    def take(x, y):
        if graph:
            count["traces"] += 1
        with tf.GradientTape() as tape:
            each = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.squeeze(y, 1) if y.shape.rank == 2 else y, handle(x, training=True))
            loss = tf.reduce_mean(each)
        optimiser.apply_gradients(zip(tape.gradient(loss, handle.trainable_variables), handle.trainable_variables))
        return loss

    return {"take": tf.function(take) if graph else take, "count": count}

# %% run_steps
def run_steps(step, x, y, k):
    return tf.convert_to_tensor([step["take"](x, y) for _ in range(k)])

# %% traces
def traces(step):
    return step["count"]["traces"]
