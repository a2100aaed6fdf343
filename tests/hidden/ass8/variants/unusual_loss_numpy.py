"""NumPy only: the loss, and training by hand-written gradients."""

# expect: full

# %% sgns_loss
def sgns_loss(E, C, target, context, label):
    E, C, label = np.asarray(E, np.float64), np.asarray(C, np.float64), np.asarray(label)
    scores = np.einsum("md,mkd->mk", E[np.asarray(target)], C[np.asarray(context)])
    return np.float32(np.logaddexp(0.0, np.where(label == 1, -scores, scores)).sum(axis=1).mean())
# %% train_w2v
def train_w2v(seqs, vocab, dim, window, num_ns, epochs, seed):
    rng = np.random.default_rng(seed)
    E = rng.normal(0, dim**-0.5, (vocab, dim))
    C = rng.normal(0, dim**-0.5, (vocab, dim))
    for epoch in range(epochs):
        data = training_examples(seqs, window, num_ns, vocab, seed, epoch)
        order = rng.permutation(len(data[0]))
        for start in range(0, len(order), 64):
            t, c, y = (part[order[start : start + 64]] for part in data)
            e, f = E[t], C[c]
            g = 1 / (1 + np.exp(-np.einsum("md,mkd->mk", e, f))) - y
            np.add.at(E, t, -0.1 * np.einsum("mk,mkd->md", g, f))
            np.add.at(C, c, -0.1 * g[:, :, None] * e[:, None])
    return E.astype(np.float32), C.astype(np.float32)
