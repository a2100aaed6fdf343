"""One mask for all rows: a step counts if any row has a word there."""

# expect: loses mask-invariance
# may-lose: mask-speed

# %% build_rnn
class Reader(tf.keras.Model):
    def __init__(self, vocab, emb, units, cell, bidirectional, layers, mask):
        super().__init__()
        kinds = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}
        self.masked = mask
        self.vocab = vocab
        self.table = tf.keras.layers.Embedding(vocab, emb)
        self.stack = []
        for number in range(layers):
            layer = kinds[cell](units, return_sequences=number < layers - 1)
            self.stack.append(tf.keras.layers.Bidirectional(layer) if bidirectional else layer)
        self.head = tf.keras.layers.Dense(1)

    def call(self, tokens, training=False):
        mask = tf.broadcast_to(tf.reduce_any(tokens > 0, axis=0, keepdims=True), tf.shape(tokens)) if self.masked else None
        values = self.table(tokens)
        for layer in self.stack:
            values = layer(values, mask=mask, training=training)
        return self.head(values)


def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    model = Reader(vocab, emb, units, cell, bidirectional, layers, mask)
    model(tf.ones([1, 2], tf.int32))
    return model
