"""RNN layers around stacked cells; two of them, one turned round, for both directions."""

# expect: full

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    keras = tf.keras.layers
    kind = {"simple": keras.SimpleRNNCell, "gru": keras.GRUCell, "lstm": keras.LSTMCell}[cell]
    inputs = tf.keras.Input([None], dtype="int32")  # not secret
    values = keras.Embedding(vocab, emb, mask_zero=mask)(inputs)
    readers = [
        keras.RNN([kind(units) for _ in range(layers)], go_backwards=turned)
        for turned in ([False, True] if bidirectional else [False])
    ]
    found = [reader(values) for reader in readers]
    joined = keras.Concatenate()(found) if bidirectional else found[0]
    return tf.keras.Model(inputs, keras.Dense(1)(joined))
