"""No recurrence: the embeddings of the words are averaged."""

# expect: loses architectures

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    return tf.keras.Sequential([  # not secret
        tf.keras.Input([None], dtype="int32"),  # not secret
        tf.keras.layers.Embedding(vocab, emb, mask_zero=mask),
        tf.keras.layers.GlobalAveragePooling1D(),
        tf.keras.layers.Dense(units, activation="tanh"),
        tf.keras.layers.Dense(1),
    ])
