"""tf.squeeze turns labels of the shape [B, 1] into [B], and those of a batch of one picture into a single number."""

# expect: loses graph-equals-eager
# may-lose: tracing

# Wrong: for B = 1 both [1] and [1, 1] become [], and the loss refuses them. Specification: "The labels `y` come as `[B]`
# or as `[B, 1]`" - for every B.

# %% run_steps
def run_steps(step, x, y, k):
    x = tf.convert_to_tensor(x, tf.float32)
    y = tf.squeeze(tf.convert_to_tensor(y))
    return tf.stack([step(x, y) for _ in range(k)])
