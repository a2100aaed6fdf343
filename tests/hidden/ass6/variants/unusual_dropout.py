"""Dropout in training, between all layers and inside them."""

# expect: full

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    kinds = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}
    model = tf.keras.Sequential([tf.keras.Input([None], dtype="int32")])
    model.add(tf.keras.layers.Embedding(vocab, emb, mask_zero=mask))
    model.add(tf.keras.layers.SpatialDropout1D(0.2))
    for number in range(1, layers + 1):
        layer = kinds[cell](units, dropout=0.2, recurrent_dropout=0.2, return_sequences=number < layers)
        model.add(tf.keras.layers.Bidirectional(layer) if bidirectional else layer)
    model.add(tf.keras.layers.Dropout(0.5))
    model.add(tf.keras.layers.Dense(1))
    return model
