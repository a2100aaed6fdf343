"""pad_sequences for each batch; lists for batches, int64 labels."""

# expect: full

# %% batches
def batches(seqs, y, batch_size, scheme="padded", boundaries=None):
    numbered = list(enumerate(seqs))
    if scheme == "bucket":
        numbered.sort(key=lambda pair: len(pair[1]))
    made = []
    while numbered:
        taken, numbered = numbered[-batch_size:], numbered[:-batch_size]
        width = max(map(len, seqs)) if scheme == "global" else None
        tokens = tf.keras.utils.pad_sequences([seq for _, seq in taken], maxlen=width, padding="post", truncating="post")
        made.append([tokens, np.array([int(y[number]) for number, _ in taken])])
    return made
