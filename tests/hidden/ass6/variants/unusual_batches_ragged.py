"""Ragged tensors made dense, batch by batch."""

# expect: full

# %% batches
def batches(seqs, y, batch_size, scheme="padded", boundaries=None):
    order = np.arange(len(seqs))
    lengths = np.array([len(seq) for seq in seqs])
    if scheme == "bucket":
        edges = boundaries or list(range(30, 480, 30))
        order = np.argsort(np.digitize(lengths, edges), kind="stable")
    ragged = tf.ragged.constant([list(seq) for seq in seqs], dtype=tf.int32)
    made = []
    for start in range(0, len(seqs), batch_size):
        rows = order[start : start + batch_size]
        part = tf.gather(ragged, rows)
        part = part.to_tensor(shape=[None, lengths.max()]) if scheme == "global" else part.to_tensor()
        made.append((part, tf.gather(y, rows)))
    return made
