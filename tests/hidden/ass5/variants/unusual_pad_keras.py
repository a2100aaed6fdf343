"""Keras's pad_sequences."""

# expect: full

# %% pad
def pad(seqs, mode="pre", maxlen=None, truncating="pre"):
    return tf.keras.utils.pad_sequences(seqs, maxlen=maxlen, padding=mode, truncating=truncating)
