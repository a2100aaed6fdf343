"""Stateless operations of TensorFlow keyed by seed and epoch, tensors returned."""

# expect: full

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = tf.constant(np.concatenate([skipgrams(seq, window) for seq in seqs]))
    positive = pairs[:, 1:]
    drawn = tf.random.stateless_uniform(
        [len(pairs), num_ns], seed=[seed % 2**31, epoch], minval=0, maxval=vocab - 2, dtype=tf.int32
    )
    negative = (positive - 1 + 1 + drawn) % (vocab - 1) + 1
    context = tf.concat([positive, negative], axis=1)
    label = tf.one_hot(tf.zeros([len(pairs)], tf.int32), 1 + num_ns, dtype=tf.int32)
    return pairs[:, 0], context, label

# %% train_w2v
def train_w2v(seqs, vocab, dim, window, num_ns, epochs, seed):
    E = tf.Variable(tf.random.stateless_normal([vocab, dim], seed=[seed, 1], stddev=dim**-0.5))
    C = tf.Variable(tf.random.stateless_normal([vocab, dim], seed=[seed, 2], stddev=dim**-0.5))
    optimizer = tf.keras.optimizers.Adam(0.01)
    optimizer.build([E, C])

    @tf.function(reduce_retracing=True)
    def step(target, context, label):
        with tf.GradientTape() as tape:
            value = sgns_loss(E, C, target, context, label)
        optimizer.apply_gradients(zip(tape.gradient(value, [E, C]), [E, C]))

    for epoch in range(epochs):
        data = tuple(part.numpy() for part in training_examples(seqs, window, num_ns, vocab, seed, epoch))
        order = np.random.default_rng([seed, epoch, 1]).permutation(len(data[0]))
        for start in range(0, len(order), 256):
            chosen = order[start : start + 256]
            step(*(tf.constant(part[chosen]) for part in data))
    return E.numpy(), C.numpy()
