"""Keras's own training: compile and train_on_batch."""

# expect: full

# %% make_train_step
class Fitted:
    def __init__(self, handle, graph, lr):
        loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        handle.compile(tf.keras.optimizers.Adam(lr), loss, run_eagerly=not graph, jit_compile=False)
        self.handle, self.graph, self.count = handle, graph, 0
        inner = type(handle).train_step

        def counted(data):
            self.count += 1
            return inner(handle, data)

        handle.train_step = counted

def make_train_step(handle, graph, lr):
    return Fitted(handle, graph, lr)

# %% run_steps
def run_steps(step, x, y, k):
    x, y = np.asarray(x), np.asarray(y).reshape(-1)
    losses = []
    for _ in range(k):
        step.handle.reset_metrics()
        losses.append(step.handle.train_on_batch(x, y))
    return np.array(losses, np.float32).reshape(-1)

# %% traces
def traces(step):
    return step.count if step.graph else 0
