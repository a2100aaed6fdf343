"""Negatives by rejection, row by row, distinct and never the target where there is room."""

# expect: full

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    import random
    rng = random.Random(f"{seed}/{epoch}")
    target, context = [], []
    for seq in seqs:
        for t, c in skipgrams(seq, window):
            row = [int(c)]
            barred = {int(c), int(t)} if vocab - 1 > 2 else {int(c)}
            while len(row) < 1 + num_ns:
                word = rng.randrange(1, vocab)
                if word not in barred:
                    row.append(word)
                    if len(barred) < vocab - 2:
                        barred.add(word)
            target.append(int(t))
            context.append(row)
    context = np.array(context, np.int32).reshape(-1, 1 + num_ns)
    label = np.tile(np.array([1] + [0] * num_ns, np.int32), (len(context), 1))
    return np.array(target, np.int32), context, label
