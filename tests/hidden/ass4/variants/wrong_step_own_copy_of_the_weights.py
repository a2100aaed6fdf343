"""The step changes a copy of its own and writes it over the model: what anybody else did to the weights is undone."""

# expect: loses graph-equals-eager

# %% make_train_step
def make_train_step(handle, graph, lr):
    weights = handle.trainable_variables
    copies = [tf.Variable(tf.convert_to_tensor(weight), trainable=False) for weight in weights]
    speeds = [tf.Variable(tf.zeros(weight.shape), trainable=False) for weight in weights]

    def step(x, y):
        with tf.GradientTape() as tape:
            logits = handle(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        gradients = tape.gradient(loss, weights)
        for weight, copy, speed, gradient in zip(weights, copies, speeds, gradients):
            if gradient is not None:
                speed.assign(0.8 * speed + tf.convert_to_tensor(gradient))
                copy.assign_sub(lr * speed)
                weight.assign(tf.convert_to_tensor(copy))
        return loss

    return tf.function(step, autograph=False) if graph else step
