"""Helpers in cells of its own; a name of the notebook's is used for something else."""

# expect: full

# %% dense_block
def dense_block(c_in, layers, growth):
    start = tf.keras.Input((None, None, c_in))
    return tf.keras.Model(start, grown(start, layers, growth))

# %% +
def grown(maps, layers, growth):
    return maps if layers == 0 else grown(with_new(maps, growth), layers - 1, growth)

def with_new(maps, growth):
    return tf.keras.layers.Concatenate()([maps, tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(maps)])

keras = "no module here"
step, x, y = None, 3, 4
