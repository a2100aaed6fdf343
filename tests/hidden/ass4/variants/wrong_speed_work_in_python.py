"""The step is a graph, and each loss waits for a costly report in Python."""

# expect: loses graph-speedup

# %% run_steps
def run_steps(step, x, y, k):
    y = tf.reshape(y, [-1])
    losses = []
    for _ in range(k):
        losses.append(step(x, y))
        report = ""
        for number in range(60000):
            report = str(number) + " done"
    return tf.stack(losses)
