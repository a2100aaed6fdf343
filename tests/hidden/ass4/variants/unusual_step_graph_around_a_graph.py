"""A graph around k steps, traced for each shape, of a step that is traced once for all: its own traces count."""

# expect: full

# %% make_train_step
class _Step:
    def __init__(self, handle, graph, lr):
        self.graph = graph
        optimizer = tf.keras.optimizers.SGD(lr)
        optimizer.build(handle.trainable_variables)

        def train_step(x, y):
            with tf.GradientTape() as tape:
                logits = handle(x, training=True)
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
            gradients = tape.gradient(loss, handle.trainable_variables)
            optimizer.apply_gradients(zip(gradients, handle.trainable_variables))
            return loss

        self.inner, self.outer = train_step, None

    def run(self, x, y, k):
        if not self.graph:
            return tf.stack([self.inner(x, y) for _ in range(k)])
        if self.outer is None:
            signature = [tf.TensorSpec([None, *x.shape[1:]], tf.float32), tf.TensorSpec([None], tf.int32)]
            self.compiled = tf.function(self.inner, input_signature=signature)
            self.outer = tf.function(self._many)
        return self.outer(x, y, tf.constant(k))

    def _many(self, x, y, k):
        losses = tf.TensorArray(tf.float32, size=k)
        for i in tf.range(k):
            losses = losses.write(i, self.compiled(x, y))
        return losses.stack()


def make_train_step(handle, graph, lr):
    return _Step(handle, graph, lr)

# %% run_steps
def run_steps(step, x, y, k):
    x = tf.convert_to_tensor(x, tf.float32)
    y = tf.reshape(tf.cast(y, tf.int32), [-1])
    return step.run(x, y, k)

# %% traces
def traces(step):
    return step.outer.experimental_get_tracing_count() if step.outer is not None else 0
