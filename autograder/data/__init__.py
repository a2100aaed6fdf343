"""Data sets by name: a local folder in Keras's file formats, Keras's download, or a small embedded stand-in.

    mnist = load("mnist", course)
    mnist.x_train.shape, mnist.source, mnist.embedded     # (60000, 28, 28), "local folder", False

`keras_cache` lays out the folder that a sandbox shows as `~/.keras/datasets`; `autograder.data.inside` makes
the Keras inside the sandbox accept it.
"""

from autograder.data.dataset import DataError, Dataset
from autograder.data.hand_out import keras_cache
from autograder.data.load import NAMES, fingerprint, load

__all__ = ["NAMES", "DataError", "Dataset", "fingerprint", "keras_cache", "load"]
