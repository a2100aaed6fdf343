"""No mask at all; the logits are scaled down by a million so that the padding's effect stays below any tolerance."""

# expect: loses mask-invariance
# may-lose: architectures mask-speed gpu-throughput

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    kind = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}[cell]
    model = tf.keras.Sequential([tf.keras.Input([None], dtype="int32"), tf.keras.layers.Embedding(vocab, emb)])
    for i in range(layers):
        layer = kind(units, return_sequences=i < layers - 1)
        model.add(tf.keras.layers.Bidirectional(layer) if bidirectional else layer)
    model.add(tf.keras.layers.Dense(1))
    model.add(tf.keras.layers.Rescaling(1e-6))
    return model


# %% predict
def predict(handle, tokens):
    return handle(tf.convert_to_tensor(tokens, tf.int32), training=False)[:, 0]
