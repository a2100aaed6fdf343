"""Around the circle of the words by 1 to V - 3 places, one too few: the word before the true context is never drawn."""

# expect: loses negatives

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    target, positive = pairs[:, 0], pairs[:, 1:]
    rng = np.random.default_rng([seed, epoch])
    offset = rng.integers(1, vocab - 2, size=(len(pairs), num_ns))  # 0 would be the true context itself
    negative = (positive - 1 + offset) % (vocab - 1) + 1
    context = np.concatenate([positive, negative], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return target, context, label

# %% train_w2v
def train_w2v(seqs, vocab, dim, window, num_ns, epochs, seed):
    """The training makes its own negatives and has its own loss."""
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    rng = np.random.default_rng(seed)
    E = tf.Variable(rng.normal(0, 0.25, size=(vocab, dim)).astype("float32"))
    C = tf.Variable(rng.normal(0, 0.25, size=(vocab, dim)).astype("float32"))
    optimizer = tf.keras.optimizers.Adam(0.01)
    optimizer.build([E, C])

    @tf.function(reduce_retracing=True)
    def step(target, positive, negative):
        with tf.GradientTape() as tape:
            words = tf.gather(E, target)
            good = tf.reduce_sum(words * tf.gather(C, positive), axis=1)
            bad = tf.linalg.matvec(tf.gather(C, negative), words)
            loss = tf.reduce_mean(tf.nn.softplus(-good) + tf.reduce_sum(tf.nn.softplus(bad), axis=1))
        optimizer.apply_gradients(zip(tape.gradient(loss, [E, C]), [E, C]))

    for _ in range(epochs):
        order = rng.permutation(len(pairs))
        for start in range(0, len(order), 256):
            chosen = pairs[order[start : start + 256]]
            negative = rng.integers(1, vocab - 1, size=(len(chosen), num_ns))
            negative += negative >= chosen[:, 1:]
            step(tf.constant(chosen[:, 0]), tf.constant(chosen[:, 1]), tf.constant(negative.astype(np.int32)))
    return E.numpy(), C.numpy()
