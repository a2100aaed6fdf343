"""The library under another name, reached by getattr."""

# expect: loses mlp-low-level
# may-lose: mlp-throughput mlp-gradients mlp-training mlp-unseen-task mlp-accuracy mlp-forward mlp-loss

# %% forward
import importlib

parts = getattr(importlib.import_module("tensor" + "flow"), "ker" + "as")


def forward(params, x, activation="relu"):
    hidden = getattr(parts, "lay" + "ers").Activation(activation)(x @ params[0] + params[1])
    return hidden @ params[2] + params[3]
