"""Dense layers with the weights put in."""

# expect: loses mlp-low-level
# may-lose: mlp-gradients mlp-training mlp-unseen-task mlp-accuracy mlp-throughput mlp-forward mlp-loss

# %% forward
from tensorflow.keras.layers import Activation


def forward(params, x, activation="relu"):
    hidden = Activation(activation)(x @ params[0] + params[1])
    return hidden @ params[2] + params[3]
