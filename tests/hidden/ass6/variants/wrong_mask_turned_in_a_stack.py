"""All layers read backwards: the second gets outputs in reverse order, and a mask that is not reversed."""

# expect: loses mask-invariance

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    kinds = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}
    model = tf.keras.Sequential([tf.keras.Input([None], dtype="int32")])
    model.add(tf.keras.layers.Embedding(vocab, emb, mask_zero=mask))
    for number in range(1, layers + 1):
        layer = kinds[cell](units, go_backwards=not bidirectional, return_sequences=number < layers)
        model.add(tf.keras.layers.Bidirectional(layer) if bidirectional else layer)
    model.add(tf.keras.layers.Dense(1))
    return model
