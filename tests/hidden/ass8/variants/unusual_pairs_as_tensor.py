"""Pairs by TensorFlow operations."""

# expect: full

# %% skipgrams
def skipgrams(seq, window):
    seq = tf.convert_to_tensor(seq, tf.int32)
    n = tf.size(seq)
    place = tf.range(n)
    distance = tf.abs(place[:, None] - place[None, :])
    near = (distance > 0) & (distance <= window) & (seq[:, None] != 0) & (seq[None, :] != 0)
    where = tf.where(near)
    return tf.stack([tf.gather(seq, where[:, 0]), tf.gather(seq, where[:, 1])], axis=1)

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = np.concatenate([skipgrams(seq, window).numpy() for seq in seqs])
    target, positive = pairs[:, 0], pairs[:, 1:]
    rng = np.random.default_rng([seed, epoch])
    negative = rng.integers(1, vocab - 1, size=(len(pairs), num_ns))
    negative += negative >= positive
    context = np.concatenate([positive, negative], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return target, context, label

# %% n_skipgrams
def n_skipgrams(n, window):
    return n * (n - 1) if n <= window else 2 * n * window - window * (window + 1)
