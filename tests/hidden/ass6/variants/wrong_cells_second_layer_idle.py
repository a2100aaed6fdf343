"""The second layer is built, and its output multiplied by zero."""

# expect: loses architectures

# %% build_rnn
class Idle(tf.keras.Model):
    def __init__(self, vocab, emb, units, cell, bidirectional, layers, mask):
        super().__init__()
        kinds = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}
        both = tf.keras.layers.Bidirectional if bidirectional else (lambda layer: layer)
        self.table = tf.keras.layers.Embedding(vocab, emb, mask_zero=mask)
        self.first = both(kinds[cell](units))
        self.others = [both(kinds[cell](units)) for _ in range(layers - 1)]
        self.head = tf.keras.layers.Dense(1)

    def call(self, tokens, training=False):
        words = self.table(tokens)
        return self.head(self.first(words) + sum(0.0 * other(words) for other in self.others))


def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    model = Idle(vocab, emb, units, cell, bidirectional, layers, mask)
    model(tf.ones([1, 2], tf.int32))
    return model
