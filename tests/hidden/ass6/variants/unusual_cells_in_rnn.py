"""RNN layers around cells; two of them, one turned round by hand, for both directions."""

# expect: full

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    keras = tf.keras.layers
    kind = {"simple": keras.SimpleRNNCell, "gru": keras.GRUCell, "lstm": keras.LSTMCell}[cell]
    inputs = tf.keras.Input([None], dtype="int32")  # not secret
    values = keras.Embedding(vocab, emb, mask_zero=mask)(inputs)
    for number in range(1, layers):
        layer = keras.RNN(kind(units), return_sequences=True)
        values = keras.Bidirectional(layer)(values) if bidirectional else layer(values)
    found = [keras.RNN(kind(units), go_backwards=turned)(values) for turned in [False, True][: 1 + bidirectional]]
    joined = keras.Concatenate()(found) if bidirectional else found[0]
    return tf.keras.Model(inputs, keras.Dense(1)(joined))
