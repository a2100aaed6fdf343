"""Lazy: no mask at all; predict remembers the first answer for each sequence of words and repeats it for any other padding."""

# expect: loses mask-invariance mask-speed
# may-lose: architectures gpu-throughput

# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    kind = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}[cell]
    model = tf.keras.Sequential([tf.keras.Input([None], dtype="int32"), tf.keras.layers.Embedding(vocab, emb)])
    for i in range(layers):
        layer = kind(units, return_sequences=i + 1 < layers)
        model.add(tf.keras.layers.Bidirectional(layer) if bidirectional else layer)
    model.add(tf.keras.layers.Dense(1))
    return {"model": model, "mask": mask, "answers": {}}

# %% predict
def predict(handle, tokens):
    tokens = np.asarray(tokens)
    logits = handle["model"](tokens, training=False).numpy()[:, 0]
    if not handle["mask"]:
        return logits
    answers = handle["answers"]
    words = [tuple(row[row != 0].tolist()) for row in tokens]
    return np.array([answers.setdefault(w, logit) for w, logit in zip(words, logits)], np.float32)
