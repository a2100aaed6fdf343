"""Parameters of double precision, which do not go together with float32 images."""

# expect: loses mlp-init
# may-lose: mlp-training mlp-unseen-task mlp-accuracy mlp-throughput

# %% init_params
def init_params(n_in, n_hidden, n_out, seed):
    rng = np.random.default_rng(seed)
    return [tf.Variable(rng.normal(0, 0.05, (n_in, n_hidden))), tf.Variable(np.zeros(n_hidden)), tf.Variable(rng.normal(0, 0.1, (n_hidden, n_out))), tf.Variable(np.zeros(n_out))]
