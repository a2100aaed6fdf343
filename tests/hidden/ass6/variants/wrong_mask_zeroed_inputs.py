"""Padded places are set to zero, and then read."""

# expect: loses mask-invariance mask-speed

# %% build_rnn
class Zeroed(tf.keras.layers.Layer):
    def __init__(self, vocab, emb):
        super().__init__()
        self.table = tf.keras.layers.Embedding(vocab, emb)

    def call(self, tokens):
        return self.table(tokens) * tf.cast(tokens > 0, tf.float32)[..., tf.newaxis]

def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    kinds = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}
    model = tf.keras.Sequential([tf.keras.Input([None], dtype="int32")])
    model.add(Zeroed(vocab, emb))
    for number in range(1, layers + 1):
        layer = kinds[cell](units, return_sequences=number < layers)
        model.add(tf.keras.layers.Bidirectional(layer) if bidirectional else layer)
    model.add(tf.keras.layers.Dense(1))
    return model
