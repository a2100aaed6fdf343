"""Functional API, directions added, a Dense layer more, a graph for predict."""

# expect: full

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    make = getattr(tf.keras.layers, {"simple": "SimpleRNN"}.get(cell, cell.upper()))
    inputs = tf.keras.Input([None], dtype="int32")  # not secret
    values = tf.keras.layers.Embedding(vocab, emb, mask_zero=mask)(inputs)
    for rest in reversed(range(layers)):
        layer = make(units, return_sequences=rest > 0)
        values = (tf.keras.layers.Bidirectional(layer, merge_mode="sum") if bidirectional else layer)(values)
    values = tf.keras.layers.Dense(units, activation="relu")(values)
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(values))
    return model, tf.function(lambda tokens: model(tokens)[:, 0], reduce_retracing=True)

# %% predict
def predict(handle, tokens):
    return handle[1](tokens)
