"""How the grader trains a student's network: the same way for everybody, whatever their own training step does.

The code runs in the student's process, because the network is there; labels of test pictures never go there. After so
few steps the averages that batch normalisation keeps (Keras: 0.99 of the old one in each step) are still those of
weights long gone; passes without learning let them settle.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray
BLOCKS, LAYERS, GROWTH = 2, 3, 8
STEPS, BATCH, RATE = 240, 64, 0.004

CODE = """
def _given_training(model, x, y, order, rate):
    import keras
    import tensorflow as tf
    model(x[:2])
    weights = model.trainable_variables
    optimiser = keras.optimizers.Adam(rate)
    optimiser.build(weights)

    @tf.function(autograph=False)
    def step(chosen):
        with tf.GradientTape() as tape:
            logits = model(tf.gather(x, chosen), training=True)
            each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.gather(y, chosen), logits=logits)
            loss = tf.reduce_mean(each)
        optimiser.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    @tf.function(autograph=False)
    def settle(chosen):
        model(tf.gather(x, chosen), training=True)

    for number in range(order.shape[0]):
        loss = step(order[number])
    if model.non_trainable_weights:
        for number in range(order.shape[0]):
            settle(order[number])
    return float(loss)
"""


def order(rng: np.random.Generator, n: int) -> Array:
    """Which pictures make up which batch: int32 [STEPS, BATCH], each picture once before any comes again."""
    rounds = -(-STEPS * BATCH // n)
    drawn = np.concatenate([rng.permutation(n) for _ in range(rounds)])[: STEPS * BATCH]
    return drawn.reshape(STEPS, BATCH).astype(np.int32)
