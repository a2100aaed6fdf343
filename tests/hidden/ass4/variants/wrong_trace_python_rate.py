"""The learning rate falls a little in each step, and is handed over as a Python number."""

# expect: loses tracing graph-speedup

# %% make_train_step
class Step:
    def __init__(self, handle, graph, lr):
        def step(x, y, rate):
            with tf.GradientTape() as tape:
                logits = handle(x, training=True)
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
            for weight, gradient in zip(handle.trainable_variables, tape.gradient(loss, handle.trainable_variables)):
                weight.assign_sub(rate * gradient)
            return loss
        self.rate, self.step = lr, tf.function(step) if graph else step

    def __call__(self, x, y):
        self.rate *= 0.999
        return self.step(x, y, self.rate)

def make_train_step(handle, graph, lr):
    return Step(handle, graph, lr)

# %% traces
def traces(step):
    return step.step.experimental_get_tracing_count() if hasattr(step.step, "experimental_get_tracing_count") else 0
