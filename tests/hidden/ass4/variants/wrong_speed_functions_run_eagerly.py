"""A switch for debugging was left on: every tf.function runs eagerly."""

# expect: loses tracing graph-speedup
# may-lose: densenet-learns

# %% +
import tensorflow as tf

tf.config.run_functions_eagerly(True)
