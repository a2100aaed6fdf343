"""Both directions read from the first word to the last."""

# expect: loses architectures

# %% build_rnn
def Forward(layer):
    class Turned(type(layer)):
        def call(self, *args, **kwargs):
            self.go_backwards = False
            found = super().call(*args, **kwargs)
            self.go_backwards = True
            return tf.reverse(found, [1]) if self.return_sequences else found

    return Turned(layer.units, return_sequences=layer.return_sequences, go_backwards=True)


def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    tf.keras.utils.set_random_seed(seed)
    kinds = {"simple": tf.keras.layers.SimpleRNN, "gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}
    model = tf.keras.Sequential([tf.keras.Input([None], dtype="int32")])
    model.add(tf.keras.layers.Embedding(vocab, emb, mask_zero=mask))
    for number in range(1, layers + 1):
        layer = kinds[cell](units, return_sequences=number < layers)
        model.add(tf.keras.layers.Bidirectional(layer, backward_layer=Forward(layer)) if bidirectional else layer)
    model.add(tf.keras.layers.Dense(1))
    return model
