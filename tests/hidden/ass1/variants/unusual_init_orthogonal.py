"""Orthogonal weights by a QR decomposition."""

# expect: full

# %% init_params
def init_params(n_in, n_hidden, n_out, seed):
    rng = np.random.default_rng([seed, 7])

    def basis(rows, columns):
        q, _ = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
        return (q if rows >= columns else q.T).astype("float32")
    return [tf.Variable(basis(n_in, n_hidden)), tf.Variable(tf.zeros([n_hidden])), tf.Variable(basis(n_hidden, n_out)), tf.Variable(tf.zeros([n_out]))]
