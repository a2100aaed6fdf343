"""The batch, k times, comes out of a tf.data.Dataset; the losses are collected by np.fromiter."""

# expect: full

# Unusual: run_steps makes a data set of one batch that repeats itself. Specification: "takes `k` steps on that one batch
# and returns the `k` losses", float32 [k].

# %% run_steps
def run_steps(step, x, y, k):
    batch = np.asarray(x, np.float32), np.asarray(y).reshape(-1).astype(np.int32)
    batches = tf.data.Dataset.from_tensors(batch).repeat(k)
    return np.fromiter((float(step(*pair)) for pair in batches), np.float32, count=k)
