"""TensorFlow's objects on the student's side of the wire, in one process for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from remote_session import session

from autograder.remote import answers
from autograder.remote.client import Handle, Student
from autograder.remote.errors import BadAnswer, StudentRaised

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

NOTEBOOK = """
import numpy as np
import tensorflow as tf

def init(n):
    tf.random.set_seed(n)
    return [tf.Variable(tf.random.normal((4, n))), tf.Variable(tf.zeros(n))]

def forward(params, x):
    W, b = params
    return x @ W + b

@tf.function
def graph(x):
    y = x * 2
    return tf.matmul(y, tf.zeros((3, 3)))

def loss(params, x): return tf.reduce_mean(forward(params, x) ** 2)

def gradients(params, x):
    with tf.GradientTape() as tape:
        value = loss(params, x)
    return tape.gradient(value, params)

def embedding():
    E = tf.Variable(tf.ones((4, 2)))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(tf.gather(E, [1, 1, 3]))
    return [tape.gradient(value, E)]

def ragged(): return tf.ragged.constant([[1, 2], [3]])
def sparse(): return tf.sparse.from_dense([[0, 1], [2, 0]])
def half(): return tf.constant([1.5, 2.5], tf.bfloat16)
def words(): return tf.constant(["a", "bc"])
def dataset(n): return tf.data.Dataset.range(n).map(lambda i: (tf.cast(i, tf.float32), {"i": [i]})).batch(4)
def lengths(): return tf.data.Dataset.from_tensor_slices(tf.ragged.constant([[1, 2], [3]]))
def model():
    net = tf.keras.Sequential([tf.keras.layers.Dense(2)])
    net.build((None, 3))
    return net
def kind(x): return type(x).__name__, str(x.dtype)
def constants(): return [tf.ones(2), tf.zeros(3)]
def keep_all(x): return list(x)
def sliced(tensors): return [tensor[..., 1:] for tensor in tensors]
def symbolic(): return tf.keras.Input((3,))
"""


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Student]:
    with session(tmp_path_factory.mktemp("scratch"), NOTEBOOK) as student:
        yield student


def test_variables_stay_and_tensors_come(student: Student) -> None:
    params = student.init(2)
    assert isinstance(params, Handle)
    x = np.ones((3, 4), "float32")
    logits = student.forward(params, x)
    weights = params.value()
    assert [array.shape for array in weights] == [(4, 2), (2,)]
    np.testing.assert_allclose(logits, x @ weights[0] + weights[1], rtol=1e-6)
    assert answers.array(student.loss(params, x), ()).dtype == np.float32
    assert [gradient.shape for gradient in student.gradients(params, x)] == [(4, 2), (2,)]


def test_given_weights(student: Student) -> None:
    W, b = np.ones((4, 2), "float32"), np.full(2, 5, "float32")
    x = np.ones((1, 4), "float32")
    params = student.variables([W, b])
    np.testing.assert_array_equal(student.forward(params, x), [[9, 9]])
    student.assign(params, [2 * W, b])
    np.testing.assert_array_equal(student.forward(params, x), [[13, 13]])
    np.testing.assert_array_equal(student.forward([W, b], x), [[9, 9]])


def test_arrays_arrive_as_tensors_unless_asked_otherwise(student: Student) -> None:
    x = np.ones(2, "int32")
    assert student.kind(x) == ("EagerTensor", "<dtype: 'int32'>")
    assert student.kind.with_arrays("numpy")(x) == ("ndarray", "int32")
    with student.arrays_as("numpy"):
        assert student.kind(x) == ("ndarray", "int32")
    scaled = student.put(np.full((2, 2), 255, "uint8"), dtype="float32", scale=255)
    assert student.kind(scaled) == ("EagerTensor", "<dtype: 'float32'>")
    assert scaled.value().max() == 1


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "int32", "int64", "uint8", "uint16", "bool", "complex64"]
)
def test_large_arrays_arrive_whole_and_independent(student: Student, dtype: str) -> None:
    large = np.random.default_rng(0).integers(0, 2, (2, 3000, 401)).astype(dtype)
    odd = np.ones(3, "uint8")  # what stands before an array must not matter
    for value in (large, large[1:], large.transpose(2, 0, 1)):
        kept = student.keep_all.keep([odd, value, value])
        assert student.kind(kept[1]) == ("EagerTensor", f"<dtype: '{dtype}'>")
        for answer in student.sliced(kept)[1:]:
            np.testing.assert_array_equal(answer, value[..., 1:])
    np.testing.assert_array_equal(student.put(large, dtype="complex64").value(), large.astype("complex64"))


def test_what_has_no_array_of_its_own_becomes_one_when_asked(student: Student) -> None:
    assert isinstance(student.embedding(), Handle)
    np.testing.assert_array_equal(student.embedding.value()[0], [[0, 0], [2, 2], [0, 0], [1, 1]])
    np.testing.assert_array_equal(student.ragged.value(), [[1, 2], [3, 0]])
    np.testing.assert_array_equal(student.sparse.value(), [[0, 1], [2, 0]])
    half = student.half()
    assert (half.dtype, half.tolist()) == (np.float32, [1.5, 2.5])
    assert student.words().tolist() == [b"a", b"bc"]


def test_datasets(student: Student) -> None:
    elements = list(student.iterate(student.dataset(10), limit=100))
    assert [x.tolist() for x, _ in elements] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert elements[2][1]["i"].tolist() == [[8], [9]]
    assert len(list(student.iterate(student.dataset(10**9), limit=70))) == 70
    assert [row.tolist() for row in student.iterate(student.lengths(), limit=5)] == [[1, 2], [3]]


def test_models(student: Student) -> None:
    model = student.model()
    assert model.type_name == "Sequential"
    kernel, bias = model.method("get_weights")
    assert (kernel.shape, bias.shape) == ((3, 2), (2,))
    student.assign(model, [np.ones((3, 2), "float32"), np.zeros(2, "float32")])
    np.testing.assert_array_equal(model(np.ones((1, 3), "float32")), [[3, 3]])
    assert [array.shape for array in model.attribute("trainable_variables", "value")] == [(3, 2), (2,)]
    with pytest.raises(BadAnswer, match="not a Sequential"):
        model.value()


def test_constants_in_a_list_are_replaced(student: Student) -> None:
    kept = student.constants.keep()
    student.assign(kept, [np.full(2, 7, "float32"), np.zeros(3, "float32")])
    assert kept.value()[0].tolist() == [7, 7]


def test_symbolic_tensors_are_no_data(student: Student) -> None:
    assert isinstance(student.symbolic(), Handle)


def test_errors_in_a_graph_name_the_students_line(student: Student) -> None:
    with pytest.raises(StudentRaised) as raised:
        student.graph(np.ones((2, 4), "float32"))
    assert "Dimensions must be equal, but are 4 and 3" in raised.value.sentence
    assert "line 16 of cell `c1`: `return tf.matmul(y, tf.zeros((3, 3)))`" in raised.value.sentence


def test_errors_of_operations(student: Student) -> None:
    params = student.init(2)
    with pytest.raises(StudentRaised, match=r"Matrix size-incompatible: In\[0\]: \[3,5\], In\[1\]: \[4,2\]"):
        student.forward(params, np.ones((3, 5), "float32"))
    with pytest.raises(StudentRaised, match="expected to be a double tensor but is a float tensor"):
        student.forward(params, np.ones((3, 4)))
