import subprocess
import sys

import pytest

from autograder.checks.stubs import (
    KERAS_FIT,
    KERAS_MODELS,
    KERAS_RECURRENT_LAYERS,
    USED,
    prelude,
    stubbed_name,
)

LIBRARY = """
import sys, types
names = "lib", "lib.nn", "lib.nn.functional", "lib.user"
for name in names:
    sys.modules[name] = types.ModuleType(name)
lib, lib.nn, lib.nn.functional, lib.user = (sys.modules[name] for name in names)
lib.__path__ = lib.nn.__path__ = []
class Module:
    def __init__(self): self.ready = True
class Linear(Module):
    def __init__(self, n): super().__init__()
def relu(x): return max(x, 0)
def _private(x): return x
lib.nn.Module, lib.nn.Linear = Module, Linear
lib.relu = lib.nn.functional.relu = lib.user.relu = relu
lib.nn.functional._private = _private
lib.nn.functional.Size = int
"""


ATTEMPT = """
def attempt(line):
    try:
        exec(line, globals())
        print("-")
    except Exception as error:
        print(type(error).__name__, error)
"""


def execute(text):
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=False, timeout=120
    )


def run(library, *stages):
    """For each statement of the stages (stubs, statements): the stub it ran into, or "-" if it ran."""
    text = library + ATTEMPT
    for targets, program in stages:
        text += prelude(targets) + "".join(f"attempt({line!r})\n" for line in program)
    done = execute(text)
    assert done.returncode == 0, done.stderr[-2000:]
    return [stubbed_name(line) or line for line in done.stdout.splitlines()]


def test_classes_functions_and_every_way_to_them_are_stubbed():
    program = [
        "lib.nn.Module()",
        "Linear(3)",
        "sys.modules['lib.nn'].Linear(3)",
        "class Mine(Module):\n    def __init__(self): pass\nMine()",
        "lib.nn.functional.relu(1)",
        "lib.relu(1)",
        "lib.user.relu(1)",
        "lib.nn.functional._private(1)",
        "lib.nn.functional.Size(1)",
    ]
    reached = run(LIBRARY, (["lib.nn.Module", "lib.nn.functional.*"], program))
    functional = "lib.nn.functional.relu"
    assert reached == ["lib.nn.Module"] * 4 + [functional, "-", "-", "-", "-"]


def test_a_scope_reaches_copies_of_a_function():
    reached = run(LIBRARY, (["lib.nn.functional.relu@lib"], ["lib.user.relu(1)", "lib.relu(1)", "relu(1)"]))
    assert reached == ["lib.nn.functional.relu", "lib.nn.functional.relu", "-"]


def test_a_method_is_stubbed():
    reached = run(LIBRARY, (["lib.nn.Linear.__init__"], ["Linear(3)", "Module()"]))
    assert reached == ["lib.nn.Linear.__init__", "-"]


def test_what_was_used_is_listed_also_where_its_exception_is_swallowed():
    swallowed = "try:\n    Linear(3)\nexcept Exception:\n    pass\nlib.nn.functional.Size(1)\nrelu(1)\n"
    done = execute(
        LIBRARY + prelude(["lib.nn.Module", "lib.nn.functional.relu"]) + swallowed + f"print({USED})"
    )
    assert (done.stdout, done.stderr) == ("['lib.nn.Module']\n", "")


def test_a_target_that_does_not_exist_is_an_error_and_not_a_silence():
    done = execute(LIBRARY + prelude(["lib.nn.Lienar"]))
    assert done.returncode != 0
    assert "no lib.nn.Lienar" in done.stderr


@pytest.mark.parametrize("target", ["", "a b", "x;import os", "torch.nn.", "*", "a'b"])
def test_only_dotted_names_are_targets(target):
    with pytest.raises(ValueError, match="dotted name"):
        prelude([target])


def test_other_messages_are_not_taken_for_stubs():
    assert stubbed_name("RuntimeError: something else") is None
    assert stubbed_name("NameError: name 'x' is not defined") is None


def test_keras_stubs_stop_what_they_should_and_nothing_else():
    pytest.importorskip("keras")
    free_of_recurrence = [
        "import numpy as np, tensorflow as tf, keras",
        "d = keras.layers.Dense(3); d(np.ones((2, 4), 'float32'))",
        "keras.layers.Embedding(5, 3)(np.array([[1, 2]]))",
        "m = keras.Sequential([keras.layers.Dense(1)]); m.compile('sgd', 'mse')",
        "m.fit(np.ones((4, 2)), np.ones(4), verbose=0)",
        "tf.scan(lambda s, x: s + x, tf.ones((3, 2)))",
    ]
    recurrent = [
        "keras.layers.LSTM(3)",
        "tf.keras.layers.GRUCell(3)",
        "keras.layers.Bidirectional(keras.layers.Dense(3))",
        "from keras.src.layers.rnn.simple_rnn import SimpleRNN as S; S(3)",
        "class M(keras.layers.RNN):\n    def __init__(self): keras.Layer.__init__(self)\nM()",
        "import keras.src.backend as b; b.rnn(None, None, None)",
        "from keras.src.backend.tensorflow.rnn import lstm; lstm(1)",
    ]
    low_level = [
        "keras.optimizers.SGD(0.1).apply_gradients([(tf.ones(3), tf.Variable(tf.zeros(3)))])",
        "keras.losses.SparseCategoricalCrossentropy(from_logits=True)(np.array([1]), tf.zeros((1, 3)))",
        "keras.metrics.Mean()(3.0)",
        "keras.initializers.GlorotUniform(1)((2, 3))",
        "tf.Module()",
    ]
    models = [
        "m.fit(np.ones((4, 2)), np.ones(4), verbose=0)",
        "keras.layers.Dense(3)",
        "keras.Sequential()",
        "tf.keras.Model()",
        "class A(tf.keras.Model):\n    def __init__(self): pass\nA()",
    ]
    first, second = free_of_recurrence + recurrent, low_level + models
    library = "import tensorflow as tf\n"
    reached = run(library, (KERAS_RECURRENT_LAYERS, first), (KERAS_MODELS + KERAS_FIT, second))
    expected_free = [*range(len(free_of_recurrence)), *range(len(first), len(first) + len(low_level))]
    for number, (line, name) in enumerate(zip(first + second, reached, strict=True)):
        assert (name == "-") if number in expected_free else name.startswith("keras."), (line, name)
