"""Negatives by frequency to the .75, smoothed, with an alias table, redrawn until no true context is left."""

# expect: full

# %% training_examples
def _alias(p):
    n = len(p)
    scaled, alias, chance = p * n, np.zeros(n, int), np.ones(n)
    small = [i for i in range(n) if scaled[i] < 1]
    large = [i for i in range(n) if scaled[i] >= 1]
    while small and large:
        s, g = small.pop(), large.pop()
        chance[s], alias[s] = scaled[s], g
        scaled[g] -= 1 - scaled[s]
        (small if scaled[g] < 1 else large).append(g)
    return chance, alias

def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    rng = np.random.default_rng(abs(hash((seed, epoch))))
    counts = np.bincount(np.concatenate(seqs), minlength=vocab)[1:vocab] + 1.0
    law = counts**0.75
    chance, alias = _alias(law / law.sum())

    def draw(size):
        column = rng.integers(0, vocab - 1, size)
        return np.where(rng.random(size) < chance[column], column, alias[column]) + 1

    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    pairs = pairs[rng.permutation(len(pairs))]
    negative = draw((len(pairs), num_ns))
    while (hit := negative == pairs[:, 1:]).any():
        negative[hit] = draw(int(hit.sum()))
    context = np.hstack([pairs[:, 1:], negative]).astype(np.int32)
    label = np.zeros(context.shape, np.int32)
    label[:, 0] = 1
    return [pairs[:, 0].astype(np.int32), context, label]
