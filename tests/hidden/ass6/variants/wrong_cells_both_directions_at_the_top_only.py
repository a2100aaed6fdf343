"""Only the last layer reads in both directions; the layers below read forwards.

Spec: "With bidirectional=True every layer reads the sequence in both directions, with weights of its own for each" (in
the shape example the first layer gives [2, 5, 8]). With one layer it is right.
"""
# expect: loses architectures

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    kinds = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}
    model = tf.keras.Sequential([tf.keras.Input([None], dtype="int32")])
    model.add(tf.keras.layers.Embedding(vocab, emb, mask_zero=mask))
    for number in range(1, layers):
        model.add(kinds[cell](units, return_sequences=True))
    last = kinds[cell](units)
    model.add(tf.keras.layers.Bidirectional(last) if bidirectional else last)
    model.add(tf.keras.layers.Dense(1))
    return model
