"""A GRU of Keras is used for training only in name: the rule is broken all the same."""

# expect: loses rnn-low-level

# %% +
class Comparison(tf.keras.Model):
    def __init__(self, hidden):
        super().__init__()
        self.inner = tf.keras.layers.Bidirectional(tf.keras.layers.GRU(hidden))
