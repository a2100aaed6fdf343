"""Only the last negative of each row is drawn anew in another epoch; the others come from a generator seeded without the epoch, so the network meets the same words again and again."""

# expect: loses redraw
# may-lose: negatives

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    def draw(rng, positive, columns):
        drawn = rng.integers(1, vocab - 1, size=(len(positive), columns))
        return drawn + (drawn >= positive)

    pairs = np.concatenate([np.asarray(skipgrams(seq, window)).reshape(-1, 2) for seq in seqs])
    positive = pairs[:, 1:]
    stay = draw(np.random.default_rng([seed, 8]), positive, num_ns - 1)
    fresh = draw(np.random.default_rng([seed, 9, epoch]), positive, 1)
    context = np.concatenate([positive, stay, fresh], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return pairs[:, 0].astype(np.int32), context, label
