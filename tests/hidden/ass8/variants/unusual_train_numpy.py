"""Plain gradient descent in NumPy, one mini-batch after the other."""

# expect: full

# %% train_w2v
def train_w2v(seqs, vocab, dim, window, num_ns, epochs, seed):
    rng = np.random.default_rng(seed)
    E = rng.uniform(-0.5, 0.5, (vocab, dim)) / dim
    C = rng.uniform(-0.5, 0.5, (vocab, dim)) / dim
    for epoch in range(epochs):
        target, context, label = training_examples(seqs, window, num_ns, vocab, seed, epoch)
        order = rng.permutation(len(target))
        for start in range(0, len(order), 64):
            rows = order[start : start + 64]
            t, c = target[rows], context[rows]
            error = 1.0 / (1.0 + np.exp(-np.einsum("md,mkd->mk", E[t], C[c]))) - label[rows]
            to_e = np.einsum("mk,mkd->md", error, C[c])
            to_c = error[:, :, None] * E[t][:, None, :]
            np.add.at(E, t, -0.15 * to_e)
            np.add.at(C, c, -0.15 * to_c)
    return E.astype(np.float32), C.astype(np.float32)
