"""The generator's seed is seed times epoch: in epoch 0 the seed does nothing, and with seed 0 all epochs are one."""

# expect: loses redraw

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    negative = np.random.default_rng(seed * epoch).integers(1, vocab - 1, size=(len(pairs), num_ns))
    negative += negative >= pairs[:, 1:]
    context = np.concatenate([pairs[:, 1:], negative], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return pairs[:, 0], context, label
