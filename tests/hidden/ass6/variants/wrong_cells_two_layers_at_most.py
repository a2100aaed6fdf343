"""Either one layer or two: a third one is never made."""

# expect: loses architectures

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    kinds = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}
    directions = tf.keras.layers.Bidirectional if bidirectional else lambda layer: layer
    model = tf.keras.Sequential([tf.keras.Input([None], dtype="int32")])
    model.add(tf.keras.layers.Embedding(vocab, emb, mask_zero=mask))
    if layers > 1:
        model.add(directions(kinds[cell](units, return_sequences=True)))
    model.add(directions(kinds[cell](units)))
    model.add(tf.keras.layers.Dense(1))
    return model
