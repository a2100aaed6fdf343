"""Both directions have the same weights."""

# expect: loses architectures

# %% build_rnn
class Shared(tf.keras.Model):
    def __init__(self, vocab, emb, units, cell, bidirectional, layers, mask):
        super().__init__()
        L = tf.keras.layers
        make = {"simple": L.SimpleRNN, "gru": L.GRU, "lstm": L.LSTM}[cell]
        self.table = L.Embedding(vocab, emb)
        self.stack = [make(units, return_sequences=True) for _ in range(layers)]
        self.out, self.two, self.masked = L.Dense(1), bidirectional, mask

    def call(self, tokens):
        keep = tokens != 0 if self.masked else tf.ones_like(tokens, tf.bool)
        x = self.table(tokens)
        for layer in self.stack:
            a = layer(x, mask=keep)
            end = a[:, -1]
            if self.two:
                b = layer(x[:, ::-1], mask=keep[:, ::-1])
                end = tf.concat([end, b[:, -1]], 1)
                a = tf.concat([a, b[:, ::-1]], 2)
            x = a
        return self.out(end)

def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    model = Shared(vocab, emb, units, cell, bidirectional, layers, mask)
    model(tf.ones([1, 2], tf.int32))
    return model
# %% predict
def predict(handle, tokens):
    return tf.reshape(handle(tf.constant(tokens)), [-1])
