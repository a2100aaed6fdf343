"""One tf.function for all steps: the learning rate of the first trace stays."""

# expect: loses graph-equals-eager
# may-lose: tracing

# %% make_train_step
_rate = [0.0]

def _descend(model, x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    for weight, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
        weight.assign_sub(_rate[0] * gradient)
    return loss

_descend_in_graph = tf.function(_descend)

class Step:
    def __init__(self, handle, graph, lr):
        self.handle, self.graph, self.lr = handle, graph, lr

    def __call__(self, x, y):
        _rate[0] = self.lr
        return (_descend_in_graph if self.graph else _descend)(self.handle, x, y)

def make_train_step(handle, graph, lr):
    return Step(handle, graph, lr)

# %% traces
def traces(step):
    return int(step.graph)
