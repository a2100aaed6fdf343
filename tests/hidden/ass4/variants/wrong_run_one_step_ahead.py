"""One step is taken before the first loss is noted."""

# expect: loses graph-equals-eager
# may-lose: graph-speedup

# %% run_steps
def run_steps(step, x, y, k):
    y = tf.reshape(y, [-1])
    step(x, y)
    return tf.stack([step(x, y) for _ in range(k)])
