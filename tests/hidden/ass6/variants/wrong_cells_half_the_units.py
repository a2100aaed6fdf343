"""With two directions each gets half of the units, so that the width stays the same."""

# expect: loses architectures

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    kinds = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}
    model = tf.keras.Sequential([tf.keras.Input([None], dtype="int32")])
    model.add(tf.keras.layers.Embedding(vocab, emb, mask_zero=mask))
    for number in range(1, layers + 1):
        if bidirectional:
            layer = kinds[cell](max(1, units // 2), return_sequences=number < layers)
            model.add(tf.keras.layers.Bidirectional(layer))
        else:
            model.add(kinds[cell](units, return_sequences=number < layers))
    model.add(tf.keras.layers.Dense(1))
    return model
