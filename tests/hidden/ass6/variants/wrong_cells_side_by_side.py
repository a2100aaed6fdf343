"""The layers stand side by side: each reads the embedding (the loop forgets to hand on the values), the results are joined.

Spec: "`layers` recurrent layers of `units` units each, one above the other". With one layer it is right.
"""
# expect: loses architectures

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    kinds = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}
    tokens = tf.keras.Input([None], dtype="int32")  # not secret
    words = tf.keras.layers.Embedding(vocab, emb, mask_zero=mask)(tokens)
    found = []
    for _ in range(layers):
        layer = kinds[cell](units)
        if bidirectional:
            layer = tf.keras.layers.Bidirectional(layer)
        found.append(layer(words))
    joined = tf.keras.layers.Concatenate()(found) if layers > 1 else found[0]
    return tf.keras.Model(tokens, tf.keras.layers.Dense(1)(joined))
