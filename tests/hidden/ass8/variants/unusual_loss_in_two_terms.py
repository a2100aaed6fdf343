"""Positives and negatives apart, by log_sigmoid and boolean masks."""

# expect: full

# %% sgns_loss
def sgns_loss(E, C, target, context, label):
    scores = tf.reduce_sum(tf.gather(E, target)[:, None] * tf.gather(C, context), axis=2)
    yes = tf.boolean_mask(scores, tf.equal(label, 1))
    no = tf.boolean_mask(scores, tf.equal(label, 0))
    total = tf.reduce_sum(tf.math.log_sigmoid(yes)) + tf.reduce_sum(tf.math.log_sigmoid(-no))
    return -total / float(len(target))
# %% train_w2v
def train_w2v(seqs, vocab, dim, window, num_ns, epochs, seed):
    rng = np.random.default_rng(seed)
    E, C = (tf.Variable(rng.normal(0, 0.1, (vocab, dim)), dtype=tf.float32) for _ in range(2))
    optimizer = tf.keras.optimizers.Adam(0.02)
    for epoch in range(epochs):
        target, context, label = training_examples(seqs, window, num_ns, vocab, seed, epoch)
        for rows in np.array_split(rng.permutation(len(target)), max(1, len(target) // 400)):
            with tf.GradientTape() as tape:
                value = sgns_loss(E, C, target[rows], context[rows], label[rows])
            optimizer.apply_gradients(zip(tape.gradient(value, [E, C]), [E, C]))
    return E.numpy(), C.numpy()
