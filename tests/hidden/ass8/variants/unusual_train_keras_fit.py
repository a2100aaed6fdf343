"""A Keras model with two Embedding layers and Dot, trained by fit, one epoch after the other."""

# expect: full

# %% train_w2v
class Word2Vec(tf.keras.Model):
    def __init__(self, vocab, dim):
        super().__init__()
        self.target = tf.keras.layers.Embedding(vocab, dim)
        self.context = tf.keras.layers.Embedding(vocab, dim)

    def call(self, pair):
        return tf.einsum("md,mkd->mk", self.target(pair[0]), self.context(pair[1]))

def train_w2v(seqs, vocab, dim, window, num_ns, epochs, seed):
    tf.keras.utils.set_random_seed(seed)
    model = Word2Vec(vocab, dim)
    loss = tf.keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(tf.keras.optimizers.Adam(0.02), loss)
    for epoch in range(epochs):
        target, context, label = training_examples(seqs, window, num_ns, vocab, seed, epoch)
        model.fit((target, context), label.astype("float32"), batch_size=256, verbose=0)
    return model.target.get_weights()[0], model.context.get_weights()[0]
