"""Pairs, examples and answers as tensors, by TensorFlow alone."""

# expect: full

# %% skipgrams
def skipgrams(seq, window):
    seq = tf.cast(tf.convert_to_tensor(seq), tf.int32)
    place = tf.range(tf.shape(seq)[0])
    distance = tf.abs(place[:, None] - place[None, :])
    word = seq != 0
    ok = (distance > 0) & (distance <= window) & word[:, None] & word[None, :]
    return tf.gather(seq, tf.cast(tf.where(ok), tf.int32))
# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = tf.concat([skipgrams(seq, window) for seq in seqs], axis=0)
    positive = pairs[:, 1:]
    shape = [tf.shape(pairs)[0], num_ns]
    negative = tf.random.stateless_uniform(shape, seed=[seed, epoch], minval=1, maxval=vocab - 1, dtype=tf.int32)
    negative = tf.where(negative >= positive, negative + 1, negative)
    context = tf.concat([positive, negative], axis=1)
    label = tf.concat([tf.ones_like(positive), tf.zeros_like(negative)], axis=1)
    return pairs[:, 0], context, label
# %% train_w2v
def train_w2v(seqs, vocab, dim, window, num_ns, epochs, seed):
    E = tf.Variable(tf.random.stateless_uniform([vocab, dim], seed=[seed, 1], minval=-0.5, maxval=0.5))
    C = tf.Variable(tf.zeros([vocab, dim]))
    optimizer = tf.keras.optimizers.Adam(0.02)
    optimizer.build([E, C])
    @tf.function(reduce_retracing=True)
    def step(target, context, label):
        with tf.GradientTape() as tape:
            value = sgns_loss(E, C, target, context, label)
        optimizer.apply_gradients(zip(tape.gradient(value, [E, C]), [E, C]))
    for epoch in range(epochs):
        data = tf.data.Dataset.from_tensor_slices(training_examples(seqs, window, num_ns, vocab, seed, epoch))
        for batch in data.shuffle(100_000, seed=epoch).batch(256):
            step(*batch)
    return E, C
# %% analogy
def analogy(E, a, b, c, k):
    E = tf.constant(E)
    cosine = tf.linalg.matvec(tf.math.l2_normalize(E, axis=1), tf.math.l2_normalize(E[b] - E[a] + E[c], axis=0))
    barred = tf.reduce_max(tf.one_hot([0, a, b, c], len(E)), axis=0)
    return tf.math.top_k(cosine - 10.0 * barred, k).indices
