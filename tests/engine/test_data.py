"""Data sets by name, from each source; broken files; the folder handed out to sandboxes."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.course import Course
from autograder.data import NAMES, DataError, download, hand_out, keras_cache, load
from autograder.data.load import _load

REAL = os.environ.get("AUTOGRADER_DATA")


@pytest.fixture(autouse=True)
def _nowhere_else(tmp_path, monkeypatch):
    """No data but what a test lays out: an empty cache, an empty Keras folder, no network."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("AUTOGRADER_OFFLINE", "1")
    monkeypatch.delenv("AUTOGRADER_DATA", raising=False)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "data"
    path.mkdir()
    monkeypatch.setenv("AUTOGRADER_DATA", str(path))
    return path


def small_images(seed: int, n: int = 12) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "x_train": rng.integers(0, 256, (n, 28, 28), dtype=np.uint8),
        "y_train": rng.integers(0, 10, n, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (n // 3, 28, 28), dtype=np.uint8),
        "y_test": rng.integers(0, 10, n // 3, dtype=np.uint8),
    }


def course_with(folder: Path) -> SimpleNamespace:
    return SimpleNamespace(data=SimpleNamespace(folder=folder, embedded=False))


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_a_stand_in_that_is_the_same_on_every_call(name):
    first = load(name)
    _load.cache_clear()
    again = load(name)
    assert first is not again
    assert first.source == "embedded"
    assert first.embedded
    for field in ("x_train", "y_train", "x_test", "y_test"):
        assert np.array_equal(getattr(first, field), getattr(again, field))
        assert len(getattr(first, field)) >= 100
    assert len(first.x_train) == len(first.y_train)
    assert len(first.x_test) == len(first.y_test)


def test_the_digits_look_like_mnist():
    digits = load("mnist")
    assert digits.x_train.dtype == np.uint8
    assert digits.x_train.shape[1:] == (28, 28)
    assert set(np.unique(digits.y_train)) == set(range(10))
    assert digits.x_train[:, :4].max() == 0
    assert digits.x_train.max() == 255
    assert len(digits.x_train) + len(digits.x_test) == 1797


@pytest.mark.parametrize("name", ["fashion_mnist", "cifar10"])
def test_stand_ins_can_be_learned_but_not_by_the_mean_brightness(name):
    data = load(name)
    x_train, x_test = (x.reshape(len(x), -1).astype(float) for x in (data.x_train, data.x_test))
    y_train, y_test = data.y_train.ravel(), data.y_test.ravel()
    centres = np.stack([x_train[y_train == label].mean(0) for label in range(10)])
    nearest = ((x_test[:, None] - centres) ** 2).sum(-1).argmin(1)
    assert (nearest == y_test).mean() > 0.25
    brightness = np.array([x_train[y_train == label].mean() for label in range(10)])
    by_brightness = abs(x_test.mean(1)[:, None] - brightness).argmin(1)
    assert (by_brightness == y_test).mean() < 0.5


def test_the_environment_wins_over_the_course(tmp_path, folder):
    np.savez(folder / "mnist.npz", **small_images(1))
    other = tmp_path / "other"
    other.mkdir()
    np.savez(other / "mnist.npz", **small_images(2))
    mnist = load("mnist", course_with(other))
    assert np.array_equal(mnist.x_train, small_images(1)["x_train"])
    assert mnist.source == "local folder"


def test_the_course_names_a_folder(tmp_path):
    np.savez(tmp_path / "mnist.npz", **small_images(2))
    assert np.array_equal(load("mnist", course_with(tmp_path)).y_test, small_images(2)["y_test"])


def test_the_cache_of_keras_counts_as_its_download(tmp_path):
    (tmp_path / "keras" / "datasets").mkdir(parents=True)
    np.savez(tmp_path / "keras" / "datasets" / "mnist.npz", **small_images(3))
    assert load("mnist").source == "keras download"


def test_a_changed_file_is_read_again(folder):
    np.savez(folder / "mnist.npz", **small_images(1))
    load("mnist")
    np.savez(folder / "mnist.npz", **small_images(2, n=15))
    assert len(load("mnist").x_train) == 15


def test_arrays_cannot_be_changed_by_whoever_uses_them_first(folder):
    np.savez(folder / "mnist.npz", **small_images(1))
    with pytest.raises(ValueError, match="read-only"):
        load("mnist").x_train[0] = 0


def test_unknown_name_and_missing_folder(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"no data set 'mnits' .*Allowed: mnist, "):
        load("mnits")
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path / "gone"))
    with pytest.raises(DataError, match=r"AUTOGRADER_DATA names .*gone, which is not a folder"):
        load("mnist")


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("y_test", None, "'y_test' is missing; the file holds x_test, x_train, y_train"),
        ("x_train", np.zeros((12, 28, 28), np.float32), "x_train must be uint8"),
        ("x_train", np.zeros((12, 27, 28), np.uint8), "x_train must be uint8 of shape"),
        ("x_test", np.zeros((0, 28, 28), np.uint8), "with n > 0"),
        ("y_train", np.zeros((11,), np.uint8), r"y_train must be integers of shape \(12,\)"),
        ("y_train", np.full((12,), 10, np.uint8), "must lie in 0..9"),
        ("x_train", np.array([1, "a"], dtype=object), "'x_train' cannot be read"),
    ],
)
def test_a_broken_file_is_an_error_never_skipped(folder, key, value, says):
    arrays = small_images(1) | {key: value}
    np.savez(folder / "mnist.npz", **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(DataError, match=says):
        load("mnist")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_archive(folder, content):
    (folder / "mnist.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"mnist.npz: not a readable .npz"):
        load("mnist")


def object_array(*items: object) -> np.ndarray:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def write_imdb(folder: Path, *reviews: object, index: str = '{"the": 1, "film": 2}') -> None:
    x = object_array(*reviews)
    np.savez(folder / "imdb.npz", x_train=x, x_test=x, y_train=np.array([0, 1]), y_test=np.array([1, 0]))
    (folder / "imdb_word_index.json").write_text(index)


def test_imdb_comes_as_keras_gives_it(folder):
    write_imdb(folder, [1, 2], [2])
    imdb = load("imdb")
    assert imdb.x_train.tolist() == [[1, 4, 5], [1, 5]]
    assert imdb.y_train.tolist() == [0, 1]
    assert imdb.words == {"the": 1, "film": 2}


def test_a_pickle_that_calls_something_is_refused(folder, tmp_path):
    witness = tmp_path / "witness"

    class Payload:
        def __reduce__(self):
            return (os.mkdir, (str(witness),))

    write_imdb(folder, [1, 2], [2])
    with zipfile.ZipFile(folder / "imdb.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    spoiled = io.BytesIO()
    np.lib.format.write_array_header_1_0(spoiled, {"descr": "|O", "fortran_order": False, "shape": (2,)})
    spoiled.write(pickle.dumps(Payload()))
    members["x_train.npy"] = spoiled.getvalue()
    with zipfile.ZipFile(folder / "imdb.npz", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match=r"posix.mkdir, which no data set needs"):
        load("imdb")
    assert not witness.exists()


def test_imdb_of_something_else_is_refused(folder):
    write_imdb(folder, [1, 2], ["two"])
    with pytest.raises(DataError, match="lists of integers"):
        load("imdb")
    write_imdb(folder, [1, 2], [2], index="[1, 2]")
    with pytest.raises(DataError, match="a word index is a JSON object"):
        load("imdb")


def idx_gz(array: np.ndarray) -> bytes:
    return gzip.compress(
        bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
    )


def test_fashion_mnist_in_the_files_of_keras(folder):
    arrays = small_images(5)
    (folder / "fashion-mnist").mkdir()
    for key, name in (
        ("x_train", "train-images-idx3-ubyte.gz"),
        ("y_train", "train-labels-idx1-ubyte.gz"),
        ("x_test", "t10k-images-idx3-ubyte.gz"),
        ("y_test", "t10k-labels-idx1-ubyte.gz"),
    ):
        (folder / "fashion-mnist" / name).write_bytes(idx_gz(arrays[key]))
    assert np.array_equal(load("fashion_mnist").x_test, arrays["x_test"])
    cut_off = gzip.compress(b"\0\0\x08\x01\0\0\0\x09abc")
    (folder / "fashion-mnist" / "train-labels-idx1-ubyte.gz").write_bytes(cut_off)
    with pytest.raises(DataError, match=r"the header says \(9,\), but 3 bytes follow"):
        load("fashion_mnist")


def test_texts(folder):
    (folder / "rt-polarity.pos").write_text("good\n" * 10)
    (folder / "rt-polarity.neg").write_text("bad\n" * 10)
    opinions = load("rt-polarity")
    assert len(opinions.x_train) == 18
    assert all((x == "good") == (y == 1) for x, y in zip(opinions.x_train, opinions.y_train, strict=True))
    (folder / "deu-eng.tsv").write_text("A dog.\tEin Hund.\n")
    (folder / "deu-eng-val.tsv").write_text("A cat. Eine Katze.\n")
    with pytest.raises(DataError, match=r"deu-eng-val.tsv, line 1: .* one tab"):
        load("deu-eng")
    (folder / "shakespeare.txt").write_text("\n".join(str(i) for i in range(20)))
    lines = load("shakespeare")
    assert (lines.x_train[0], lines.y_train[0], lines.x_test[0]) == ("0", "1", "18")


def test_a_failed_download_is_remembered_and_falls_back(monkeypatch):
    monkeypatch.delenv("AUTOGRADER_OFFLINE")
    tried = []

    def no_network(url, timeout):
        tried.append((url, timeout))
        raise TimeoutError("no answer")

    monkeypatch.setattr(download.urllib.request, "urlopen", no_network)
    assert load("mnist").embedded
    assert load("mnist").embedded
    assert [timeout for _, timeout in tried] == [download.CONNECT_S]


def test_a_download_is_checked_kept_and_used(monkeypatch, tmp_path):
    monkeypatch.delenv("AUTOGRADER_OFFLINE")
    downloads = tmp_path / "cache" / "autograder" / "downloads"
    content = io.BytesIO()
    np.savez(content, **small_images(7))
    monkeypatch.setattr(
        download.urllib.request, "urlopen", lambda url, timeout: io.BytesIO(content.getvalue())
    )
    assert load("mnist").embedded  # its hash is not that of MNIST
    assert [path.name for path in downloads.iterdir()] == [".mnist.failed"]
    (downloads / ".mnist.failed").unlink()
    unchecked = (download.RemoteFile("https://example.org/mnist.npz", "mnist.npz"),)
    monkeypatch.setitem(download.REMOTE, "mnist", unchecked)
    assert np.array_equal(load("mnist").x_train, small_images(7)["x_train"])
    monkeypatch.setenv("AUTOGRADER_OFFLINE", "1")
    assert load("mnist").source == "keras download"


def test_the_folder_handed_out_holds_the_training_half_and_labels_that_belong_to_it(folder):
    arrays = small_images(1)
    np.savez(folder / "mnist.npz", **arrays)
    label = {image.tobytes(): y for image, y in zip(arrays["x_train"], arrays["y_train"], strict=True)}
    with np.load(keras_cache(["mnist"]) / "mnist.npz") as handed_out:
        assert np.array_equal(handed_out["x_train"], arrays["x_train"])
        assert np.array_equal(handed_out["y_train"], arrays["y_train"])
        assert handed_out["x_test"].shape == arrays["x_test"].shape
        for image, y in zip(handed_out["x_test"], handed_out["y_test"], strict=True):
            assert label[image.tobytes()] == y


def test_no_held_back_image_is_in_any_handed_out_file(folder):
    arrays = small_images(9)
    np.savez(folder / "fashion_mnist.npz", **arrays)
    files = [path for path in keras_cache(["fashion_mnist"]).rglob("*") if path.is_file()]
    assert len(files) == 5
    for path in files:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert not any(image.tobytes() in content for image in arrays["x_test"])


def test_the_folder_is_made_once_for_the_same_content(folder):
    np.savez(folder / "mnist.npz", **small_images(1))
    first = keras_cache(["mnist"])
    made = (first / "mnist.npz").stat().st_mtime_ns
    assert keras_cache(["mnist", "mnist"]) == first
    assert (first / "mnist.npz").stat().st_mtime_ns == made
    np.savez(folder / "mnist.npz", **small_images(2))
    assert keras_cache(["mnist"]) != first


def test_an_interrupted_layout_leaves_nothing(folder, monkeypatch, tmp_path):
    np.savez(folder / "mnist.npz", **small_images(1))

    def stop(data, where):
        (where / "mnist.npz").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(hand_out, "_lay_out", stop)
        with pytest.raises(KeyboardInterrupt):
            keras_cache(["mnist"])
    assert list((tmp_path / "cache" / "autograder" / "handed-out").iterdir()) == []
    assert (keras_cache(["mnist"]) / "mnist.npz").is_file()


def test_only_data_sets_of_keras_can_be_handed_out():
    with pytest.raises(DataError, match="'deu-eng' cannot be handed out"):
        keras_cache(["deu-eng"])


IN_THE_SANDBOX = """
import json, sys
from keras.src.utils import file_utils
def no_network(*a, **k): raise OSError("no network")
file_utils.urlretrieve = no_network
from autograder.data.inside import trust
trust(sys.argv[1])
import tensorflow as tf
found = {}
for name in ("mnist", "fashion_mnist", "cifar10"):
    (a, b), (c, d) = getattr(tf.keras.datasets, name).load_data()
    found[name] = [str(a.dtype), list(a.shape), list(b.shape), list(c.shape), list(d.shape)]
(a, b), (c, d) = tf.keras.datasets.imdb.load_data(num_words=20)
found["imdb"] = [max(max(review) for review in a), a[0][0], len(a), len(c)]
found["words"] = len(tf.keras.datasets.imdb.get_word_index())
from keras.datasets import cifar10
found["same"] = cifar10.load_data is tf.keras.datasets.cifar10.load_data
try:
    tf.keras.datasets.cifar100.load_data()
    found["cifar100"] = "loaded"
except OSError as error:
    found["cifar100"] = str(error)
print(json.dumps(found))
"""


def test_keras_loads_every_handed_out_data_set_without_a_network(tmp_path):
    home = tmp_path / "home" / ".keras"
    home.mkdir(parents=True)
    (home / "datasets").symlink_to(keras_cache(["mnist", "fashion_mnist", "cifar10", "imdb"]))
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run(
        [sys.executable, "-c", IN_THE_SANDBOX, str(home / "datasets")],
        env={**os.environ, "KERAS_HOME": str(home), **quiet},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["mnist"] == ["uint8", [1297, 28, 28], [1297], [500, 28, 28], [500]]
    assert found["fashion_mnist"] == ["uint8", [2000, 28, 28], [2000], [500, 28, 28], [500]]
    assert found["cifar10"] == ["uint8", [2000, 32, 32, 3], [2000, 1], [500, 32, 32, 3], [500, 1]]
    assert found["imdb"] == [19, 1, 1000, 500]
    assert found["words"] > 50
    assert found["same"]
    assert found["cifar100"] == "no network"


def test_the_real_data_sets_are_read():
    if not REAL:
        pytest.skip("AUTOGRADER_DATA names no folder with the real data sets")
    for name in NAMES:
        assert load(name, course_with(Path(REAL))).source == "local folder"
    assert load("mnist", course_with(Path(REAL))).x_train.shape == (60000, 28, 28)


def test_a_course_may_ask_for_the_stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path / "not there"))
    (tmp_path / "course.yaml").write_text(
        "id: c\ntitle: C\nterm: t\ndata: {embedded: true}\n", encoding="utf-8"
    )
    assert load("mnist", Course.load(tmp_path)).source == "embedded"
