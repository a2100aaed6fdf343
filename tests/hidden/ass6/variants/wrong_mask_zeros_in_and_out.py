"""Padding's vectors are zero and its outputs left out of the sum, but the states run on through it."""

# expect: loses mask-invariance
# may-lose: mask-speed

# %% build_rnn
class Zeroed(tf.keras.Model):
    def __init__(self, vocab, emb, units, cell, bidirectional, layers, mask):
        super().__init__()
        L = tf.keras.layers
        make = {"simple": L.SimpleRNN, "gru": L.GRU, "lstm": L.LSTM}[cell]
        self.table = L.Embedding(vocab, emb)
        self.stack = [(L.Bidirectional if bidirectional else (lambda l: l))(make(units, return_sequences=True)) for _ in range(layers)]
        self.out = L.Dense(1)
        self.masked = mask

    def call(self, tokens):
        keep = tf.cast(tokens != 0, tf.float32)[..., None] if self.masked else 1.0
        x = self.table(tokens) * keep
        for layer in self.stack:
            x = layer(x) * keep
        return self.out(tf.reduce_sum(x, 1))

def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    model = Zeroed(vocab, emb, units, cell, bidirectional, layers, mask)
    model(tf.ones([1, 2], tf.int32))
    return model
# %% predict
def predict(handle, tokens):
    return tf.reshape(handle(tf.constant(tokens)), [-1])
