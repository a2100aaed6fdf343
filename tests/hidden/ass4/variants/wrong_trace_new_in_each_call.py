"""run_steps wraps the step anew in each call; the count is that of the last one."""

# expect: loses tracing
# may-lose: graph-speedup

# %% make_train_step
class Step:
    def __init__(self, handle, graph, lr):
        self.optimiser = tf.keras.optimizers.SGD(lr, momentum=0.9)
        self.optimiser.build(handle.trainable_variables)
        self.handle, self.graph, self.last = handle, graph, None

    def take(self, x, y):
        with tf.GradientTape() as tape:
            logits = self.handle(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        weights = self.handle.trainable_variables
        self.optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

def make_train_step(handle, graph, lr):
    return Step(handle, graph, lr)

# %% run_steps
def run_steps(step, x, y, k):
    step.last = tf.function(lambda x, y: step.take(x, y)) if step.graph else step.take
    y = tf.reshape(y, [-1])
    return tf.stack([step.last(x, y) for _ in range(k)])

# %% traces
def traces(step):
    return step.last.experimental_get_tracing_count() if step.graph else 0
