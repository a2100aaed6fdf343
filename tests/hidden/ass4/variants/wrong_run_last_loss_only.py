"""The last loss, k times."""

# expect: loses graph-equals-eager
# may-lose: graph-speedup

# %% run_steps
def run_steps(step, x, y, k):
    y = tf.reshape(y, [-1])
    for _ in range(k):
        loss = step(x, y)
    return tf.fill([k], loss)
