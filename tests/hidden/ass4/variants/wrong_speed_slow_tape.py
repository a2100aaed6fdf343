"""Always eager, with one trace reported; the eager steps that it is measured against are slowed down where they run."""

# expect: loses tracing graph-speedup

# %% make_train_step
import sys

tape_enters = tf.GradientTape.__enter__

def enters_late(tape):
    if sys._getframe(1).f_code.co_name == "_given_eager_steps":  # the grader's own, if it ran in this process
        time.sleep(0.05)
    return tape_enters(tape)

tf.GradientTape.__enter__ = enters_late

def make_train_step(handle, graph, lr):
    optimiser = tf.keras.optimizers.Adam(lr)
    optimiser.build(handle.trainable_variables)
    cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = cross_entropy(y, handle(x, training=True))
        weights = handle.trainable_variables
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    def slowly(x, y):
        until = time.perf_counter() + 0.03
        while time.perf_counter() < until:
            pass
        return step(x, y)

    taken = slowly if not graph else lambda x, y: step(x, y)
    taken.graph = graph
    return taken

# %% traces
def traces(step):
    return int(step.graph)
