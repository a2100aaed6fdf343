"""Adds `layers` recurrent layers that hand on sequences and then one more that does not: layers + 1 of them, so layers=1 gives two."""

# expect: loses architectures

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    rnn = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}[cell]

    def recurrent(**options):
        layer = rnn(units, **options)
        return tf.keras.layers.Bidirectional(layer) if bidirectional else layer

    model = tf.keras.Sequential()
    model.add(tf.keras.Input([None], dtype="int32"))
    model.add(tf.keras.layers.Embedding(vocab, emb, mask_zero=mask))
    for _ in range(layers):
        model.add(recurrent(return_sequences=True))
    model.add(recurrent())
    model.add(tf.keras.layers.Dense(1))
    return model

# %% predict
def predict(handle, tokens):
    return handle(tf.convert_to_tensor(tokens), training=False)[:, 0]
