"""Rule sets for `source_rules` and `stubs` that courses share: each bans one kind of ready-made part.

A course may build its own in the same way; these name what their library's public interface and its known
back doors offer in the versions of TensorFlow, Keras and PyTorch that the project pins.
"""

from __future__ import annotations

from autograder.checks.source_rules import Rules

_KERAS_DOORS = ("tensorflow.python", "tensorflow.estimator", "tf_keras", "tensorflow.raw_ops.Block*")

NO_KERAS_MODELS = Rules(
    forbidden=(
        "keras.layers",
        "keras.Model",
        "keras.Sequential",
        "keras.models",
        "keras.applications",
        "keras.legacy",
        "keras.Layer",
        "torch",
        "sklearn.neural_network",
        "jax.example_libraries",
        "flax",
        *_KERAS_DOORS,
    ),
    methods=("fit", "train_on_batch", "partial_fit"),
    reason="The network is to be built from basic operations, without layers or models of a library.",
)

NO_TORCH_NN = Rules(
    forbidden=(
        "torch.nn",
        "torch._C._nn",
        "torch.ops",
        "torch.jit",
        "torchvision.models",
        "keras",
        "tensorflow",
    ),
    allowed=("keras.datasets", "tensorflow.data"),
    reason="The network is to be built from tensor operations, without torch.nn.",
)

NO_RECURRENT_LAYERS = Rules(
    forbidden=(
        "keras.layers.RNN",
        "keras.layers.SimpleRNN",
        "keras.layers.GRU",
        "keras.layers.LSTM",
        "keras.layers.*Cell",
        "keras.layers.*RNNCells",
        "keras.layers.ConvLSTM*",
        "keras.layers.Bidirectional",
        "keras.layers.TimeDistributed",
        "keras.layers.rnn",
        "keras.layers.CuDNN*",
        "keras.legacy",
        "keras.backend.rnn",
        "keras.backend.tensorflow.rnn",
        "tensorflow.nn.dynamic_rnn",
        "tensorflow.nn.static_rnn",
        "tensorflow.nn.bidirectional_dynamic_rnn",
        "tensorflow.nn.raw_rnn",
        "tensorflow.nn.rnn_cell",
        "tensorflow.raw_ops.*LSTM*",
        "tensorflow.raw_ops.*GRU*",
        "tensorflow.raw_ops.*RNN*",
        "torch.nn",
        *_KERAS_DOORS[:-1],
    ),
    reason="The recurrence is to be written by yourself, without a recurrent layer or cell of a library.",
)

NO_FIT = Rules(
    methods=("fit", "train_on_batch", "train_step"),
    required=(("a gradient tape (`tf.GradientTape`)", ("tensorflow.GradientTape",)),),
    reason="The training loop is to be written by yourself.",
)
