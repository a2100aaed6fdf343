"""Maximum over time: zeros in front of the words take part."""

# expect: loses mask-invariance
# may-lose: mask-speed

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    L = tf.keras.layers
    tf.keras.utils.set_random_seed(seed)
    make = {"simple": L.SimpleRNN, "gru": L.GRU, "lstm": L.LSTM}[cell]
    model = tf.keras.Sequential([tf.keras.Input([None], dtype="int32"), L.Embedding(vocab, emb, mask_zero=mask)])
    for _ in range(layers):
        one = make(units, return_sequences=True)
        model.add(L.Bidirectional(one) if bidirectional else one)
    model.add(L.Lambda(lambda x: tf.reduce_max(x, axis=1)))
    model.add(L.Dense(1))
    return model
