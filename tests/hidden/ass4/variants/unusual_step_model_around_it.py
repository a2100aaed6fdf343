"""A model class around the given one, with a train_step as for fit."""

# expect: full

# %% make_train_step
class Around(tf.keras.Model):
    def __init__(self, inner, rate):
        super().__init__()
        self.inner, self.rate = inner, rate
        self.adam = tf.keras.optimizers.Adam(rate)
        self.adam.build(inner.trainable_variables)

    def call(self, x, training=False):
        return self.inner(x, training=training)

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(y, self(x, training=True), from_logits=True))
        weights = self.inner.trainable_variables
        self.adam.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return {"loss": loss}

def make_train_step(handle, graph, lr):
    around = Around(handle, lr)
    return tf.function(around.train_step) if graph else around.train_step

# %% run_steps
def run_steps(step, x, y, k):
    data = (x, tf.reshape(y, (-1,)))
    return tf.stack([step(data)["loss"] for _ in range(k)])
