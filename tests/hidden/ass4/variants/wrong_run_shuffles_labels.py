"""Labels are shuffled apart from their pictures."""

# expect: loses graph-equals-eager
# may-lose: graph-speedup densenet-learns

# %% run_steps
def run_steps(step, x, y, k):
    y = tf.random.shuffle(tf.reshape(y, [-1]))
    return tf.stack([step(x, y) for _ in range(k)])
