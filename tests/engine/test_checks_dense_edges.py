import numpy as np
import pytest
from matplotlib.figure import Figure

from autograder.checks.dense_edges import dense_edges, edge_picture

C_IN, LAYERS, GROWTH = 5, 4, 3


def convolved(x, kernel):
    """A 3×3 convolution with zero padding, as a sum of nine shifted products."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    height, width = x.shape[1:3]
    return sum(padded[:, i : i + height, j : j + width] @ kernel[i, j] for i in range(3) for j in range(3))


def relu(x):
    return np.maximum(x, 0)


class Block:
    """A block in NumPy; `kind` says what each layer reads and what is returned."""

    def __init__(self, kind="dense"):
        self.kind = kind
        rng = np.random.default_rng(0)
        self.weights = []
        for d in range(LAYERS):
            n_in = {
                "dense": C_IN + d * GROWTH,
                "new first": C_IN + d * GROWTH,
                "no input": d * GROWTH or C_IN,
            }.get(kind, C_IN if d == 0 else C_IN + GROWTH if kind == "input and latest" else GROWTH)
            self.weights += [rng.normal(size=(3, 3, n_in, GROWTH)), np.zeros(GROWTH)]

    def set(self, weights):
        self.weights = [np.array(w, float) for w in weights]

    def __call__(self, x):
        x = np.asarray(x, float)
        outputs = []
        for d in range(LAYERS):
            kernel, bias = self.weights[2 * d : 2 * d + 2]
            before = [x, *outputs]
            if self.kind == "new first":
                before = before[::-1]
            elif self.kind in ("chain", "chain, then all"):
                before = before[-1:]
            elif self.kind == "input and latest":
                before = [x] if d == 0 else [x, outputs[-1]]
            elif self.kind == "no input" and outputs:
                before = outputs
            outputs.append(relu(convolved(np.concatenate(before, axis=-1), kernel) + bias))
        if self.kind == "chain":
            return outputs[-1]
        parts = [x, *outputs]
        return np.concatenate(parts[::-1] if self.kind == "new first" else parts, axis=-1).astype(np.float32)


def recovered(kind):
    block = Block(kind)
    before = [w.copy() for w in block.weights]
    result = dense_edges(block, block.weights, block.set, C_IN, LAYERS, GROWTH, np.random.default_rng(1))
    for old, new in zip(before, block.weights, strict=True):
        np.testing.assert_allclose(old, new, rtol=1e-6)
    return result


@pytest.mark.parametrize("kind", ["dense", "new first"])
def test_a_dense_block(kind):
    result = recovered(kind)
    assert result.ok, result.sentence
    assert result.edges[0] == (True,) * LAYERS
    assert all(result.edges[s + 1][d] == (d > s) for s in range(LAYERS) for d in range(LAYERS))
    assert result.channels == C_IN + LAYERS * GROWTH


@pytest.mark.parametrize(
    ("kind", "missing", "words"),
    [
        ("chain", None, "3 channels"),
        ("chain, then all", (0, 2), "layer 2 does not read the input"),
        ("input and latest", (1, 3), "layer 3 does not read layer 1"),
        ("no input", (0, 2), "does not read the input"),
    ],
)
def test_other_blocks(kind, missing, words):
    result = recovered(kind)
    assert not result.ok
    assert words in result.sentence
    if missing:
        assert missing in result.missing


def test_the_edges_of_a_chain_are_those_of_neighbours():
    edges = recovered("chain, then all").edges
    assert edges[0] == (True, False, False, False)
    assert all(edges[s + 1][d] == (d == s + 1) for s in range(LAYERS) for d in range(LAYERS))


def test_an_input_that_is_changed():
    block = Block()
    result = dense_edges(
        lambda x: relu(block(x) - 0.1),
        block.weights,
        block.set,
        C_IN,
        LAYERS,
        GROWTH,
        np.random.default_rng(1),
    )
    assert not result.ok
    assert not result.input_kept


@pytest.mark.parametrize("call", [lambda x: None, lambda x: x[0], lambda x: x * np.nan, lambda x: x[:, :0]])
def test_calls_that_give_no_output(call):
    block = Block()
    result = dense_edges(call, block.weights, block.set, C_IN, LAYERS, GROWTH, np.random.default_rng(1))
    assert not result.ok
    assert result.sentence


def test_kernels_must_be_there():
    result = dense_edges(
        lambda x: x, [np.zeros(3)], lambda w: None, C_IN, LAYERS, GROWTH, np.random.default_rng(1)
    )
    assert "kernel for each" in result.sentence


def test_a_keras_block_with_a_bottleneck():
    keras = pytest.importorskip("keras")
    entry = keras.Input((None, None, C_IN))
    x = entry
    for _ in range(LAYERS):
        h = keras.layers.Conv2D(4 * GROWTH, 1, activation="relu")(x)
        h = keras.layers.Conv2D(GROWTH, 3, padding="same", activation="relu")(h)
        x = keras.layers.Concatenate()([x, h])
    model = keras.Model(entry, x)
    result = dense_edges(
        lambda x: np.asarray(model(x)),
        model.get_weights(),
        model.set_weights,
        C_IN,
        LAYERS,
        GROWTH,
        np.random.default_rng(1),
    )
    assert result.ok, result.sentence


def test_the_picture():
    assert isinstance(edge_picture(recovered("chain, then all"), "edges"), Figure)
