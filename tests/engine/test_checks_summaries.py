import gzip
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DT_FLOAT, DT_HALF, DT_UINT8
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from autograder.checks import event_files
from autograder.checks.event_files import Histograms, Log, Series, read_directory, read_log
from autograder.checks.summaries import find_curve, find_histogram, find_image


def framed(payload):
    header = struct.pack("<Q", len(payload))
    return (
        header
        + struct.pack("<I", masked_crc32c(header))
        + payload
        + struct.pack("<I", masked_crc32c(payload))
    )


def event_file(*events):
    return b"".join(framed(e.SerializeToString()) for e in events)


def summary(step, *values):
    return event_pb2.Event(step=step, summary=Summary(value=values))


def png(height, width):
    return picture(np.arange(height * width, dtype=np.uint8).reshape(height, width))


def picture(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def with_an_empty_profile(png):
    """The picture with a colour profile of no bytes behind its pixels."""
    end = png.index(b"IEND") - 4
    return png[:end] + struct.pack(">I4sI", 0, b"iCCP", zlib.crc32(b"iCCP")) + png[end:]


def torch_like(points=12):
    """Events as torch.utils.tensorboard writes them: simple values, histogram and image messages without
    metadata."""
    histogram = HistogramProto(min=0, max=2, num=3, sum=3, bucket_limit=[0.0, 1.0, 2.0], bucket=[0, 1, 2])
    image = Summary.Image(height=28, width=28, colorspace=1, encoded_image_string=png(28, 28))
    return event_file(
        event_pb2.Event(file_version="brain.Event:2"),
        *(summary(k, Summary.Value(tag="Loss/train", simple_value=1 / (k + 1))) for k in range(points)),
        summary(0, Summary.Value(tag="weights", histo=histogram)),
        summary(0, Summary.Value(tag="digits", image=image)),
    )


@pytest.fixture(scope="module")
def tensorflow_log(tmp_path_factory):
    tf = pytest.importorskip("tensorflow")
    folder = tmp_path_factory.mktemp("tf")
    writer = tf.summary.create_file_writer(str(folder / "train"))
    with writer.as_default():
        for step in range(20):
            tf.summary.scalar("loss", 2.3 / (step + 1), step)
        tf.summary.histogram("W1", tf.random.normal((50,)), 0)
        tf.summary.image("digits", tf.random.uniform((3, 28, 28, 1)), 0)
        tf.summary.text("note", "hello", 0)
    writer.close()
    still = tf.summary.create_file_writer(str(folder / "still"))
    with still.as_default():
        for _ in range(20):
            tf.summary.scalar("still", 1.0, 0)
    still.close()
    model = tf.keras.Sequential([tf.keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    callback = tf.keras.callbacks.TensorBoard(str(folder / "keras"), histogram_freq=1)
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    model.fit(x, x[:, :3], epochs=11, validation_split=0.25, verbose=0, callbacks=[callback])
    return read_directory(folder)


def test_tensorflow_writer(tensorflow_log):
    loss = next(s for s in tensorflow_log.scalars if s.tag == "loss")
    assert (loss.run, len(loss.steps)) == ("train", 20)
    assert loss.rising
    assert loss.falls
    assert loss.values[0] == pytest.approx(2.3)
    assert find_image(tensorflow_log, 28, 28).ok
    assert not find_image(tensorflow_log, 784, 1).ok
    digits = next(i for i in tensorflow_log.images if i.tag == "digits")
    assert len(digits.pixels) == 3
    assert digits.pixels[0].dtype == np.uint8
    assert ("text", "note") in tensorflow_log.other
    assert tensorflow_log.problems == ()


def test_keras_callback(tensorflow_log):
    epochs = [s for s in tensorflow_log.scalars if s.tag == "epoch_loss"]
    assert {s.run for s in epochs} == {"keras/train", "keras/validation"}
    assert all(len(s.steps) == 11 for s in epochs)
    assert find_curve(tensorflow_log, name="keras/train/epoch_loss", falls=True).ok
    assert any(h.run == "keras/train" and len(h.steps) == 11 for h in tensorflow_log.histograms)
    assert tensorflow_log.graphs >= 1


def test_a_picture_shows_something():
    def log(*images):
        strings = [b"28", b"28", *images]
        value = tensor_value([len(strings)], "images", string_val=strings)
        return read_log({"tfevents": event_file(summary(0, value))})

    black, nearly, digit = (np.zeros((28, 28), np.uint8) for _ in range(3))
    nearly[4:9], digit[4:9] = 1, 200
    dark = find_image(log(picture(black), picture(nearly)), 28, 28)
    assert not dark.ok
    assert "shows nothing" in dark.sentence
    assert find_image(log(picture(black), picture(digit)), 28, 28).ok


def test_constant_steps_are_named(tensorflow_log):
    finding = find_curve(tensorflow_log, name="still")
    assert not finding.ok
    assert "same step everywhere" in finding.sentence


def test_torch_writer():
    log = read_log({"runs/Nov/events.out.tfevents.1.host": torch_like()})
    assert find_curve(log, name="loss", falls=True).ok
    assert find_histogram(log).ok
    assert find_image(log, 28, 28).ok
    assert log.runs == ("runs/Nov",)
    assert log.problems == ()
    assert not find_curve(log, least=13).ok
    assert "12 points" in find_curve(log, least=13).sentence
    assert not find_curve(log, name="accuracy").ok


def test_rising_loss_and_nan():
    rising = [summary(k, Summary.Value(tag="loss", simple_value=k)) for k in range(12)]
    assert not find_curve(read_log({"tfevents": event_file(*rising)}), falls=True).ok
    broken = [summary(k, Summary.Value(tag="loss", simple_value=float("nan"))) for k in range(12)]
    log = read_log({"tfevents": event_file(*broken)})
    assert not log.scalars[0].finite
    assert not find_curve(log, falls=True).ok


def test_nothing_logged_is_explained():
    assert "no event file" in find_curve(read_log({})).sentence
    assert "no event file" in find_image(read_log({"notes.txt": b"x"}), 28, 28).sentence
    empty = read_log({"a.tfevents.1": event_file(event_pb2.Event(file_version="brain.Event:2"))})
    assert "flushed" in find_curve(empty).sentence
    assert "flushed" in find_histogram(read_log({"a.tfevents.1": b""})).sentence
    assert "no image" in find_image(read_log({"tfevents": event_file(*rows(3))}), 28, 28).sentence


def rows(n):
    return [summary(k, Summary.Value(tag="loss", simple_value=1.0 / (k + 1))) for k in range(n)]


def test_a_cut_off_file_gives_what_stands_before():
    content = torch_like()
    log = read_log({"tfevents": content[: len(content) - 20]})
    assert len(log.scalars[0].steps) == 12
    assert any("cut off" in problem for problem in log.problems)
    flipped = bytearray(content)
    flipped[40] ^= 255
    assert read_log({"tfevents": bytes(flipped)}).problems


def test_names_are_repeated_only_if_the_code_has_them():
    """A function that knows hidden inputs may write them into a tag, the name of a run or of a file."""
    written = event_file(
        *(summary(i, Summary.Value(tag="loss 27182.8125", simple_value=1.0)) for i in range(3))
    )
    files = {"run 27182.8125/tfevents": written[:-3], "27182.8125.tfevents": written + b"x" * 20}
    for submitted in ("", "tf.summary.scalar(f'loss {x}', 1.0)"):
        log = read_log(files, submitted=submitted)
        found = [find_curve(log, least=9), find_curve(log, name="accuracy"), find_curve(log, falls=True)]
        assert "27182" not in " ".join([*log.problems, *(each.sentence for each in found)])
    log = read_log({"run/tfevents": written}, submitted="'run' 'loss 27182.8125'")
    assert "The scalar run/loss 27182.8125 has 3 points" in find_curve(log, least=9).sentence
    assert "there are: loss 27182.8125." in find_curve(log, name="accuracy").sentence


def tensor_value(dims, plugin="scalars", dtype=DT_FLOAT, **content):
    tensor = TensorProto(dtype=dtype, **content)
    for size in dims:
        tensor.tensor_shape.dim.add(size=size)
    data = SummaryMetadata.PluginData(plugin_name=plugin)
    return Summary.Value(tag="bomb", tensor=tensor, metadata=SummaryMetadata(plugin_data=data))


@pytest.mark.parametrize(
    "content",
    [
        b"not an event file at all, but a text",
        struct.pack("<Q", 2**62) + struct.pack("<I", masked_crc32c(struct.pack("<Q", 2**62))) + b"x" * 100,
        framed(b"\xff" * 50),
        framed(b""),
        event_file(summary(0, tensor_value([10**6, 10**6], float_val=[1.0]))),
        event_file(summary(0, tensor_value([-1], float_val=[1.0]))),
        event_file(summary(0, tensor_value([3, 3], "histograms", float_val=[1.0]))),
        event_file(summary(0, tensor_value([2], "histograms", float_val=[1.0]))),
        event_file(summary(0, tensor_value([1], dtype=DT_UINT8, int_val=[-5]))),
        event_file(summary(0, tensor_value([1, 3], "histograms", dtype=DT_HALF, half_val=[2**31 - 1]))),
        event_file(summary(0, tensor_value([3], "images", string_val=[b"1", b"1", b"no picture"]))),
        event_file(summary(0, tensor_value([1], "images", string_val=[b"1"]))),
        event_file(summary(0, Summary.Value(tag="x" * 10_000, simple_value=1.0))),
        event_file(summary(0, Summary.Value(tag="nothing"))),
        event_file(
            summary(0, Summary.Value(tag="i", image=Summary.Image(height=-3, encoded_image_string=b"x")))
        ),
        event_file(event_pb2.Event(graph_def=b"\xff\xff")),
        event_file(
            summary(
                0, tensor_value([3], "images", string_val=[b"1", b"1", with_an_empty_profile(png(28, 27))])
            )
        ),
    ],
)
def test_hostile_files_neither_raise_nor_fill_the_memory(content):
    log = read_log({"a/../b/tfevents": content})
    assert not find_curve(log).ok
    assert not find_image(log, 28, 28).ok
    assert all(len(s.tag) <= 200 for s in log.scalars)


def test_records_that_cannot_be_read_are_counted_too(monkeypatch):
    monkeypatch.setattr(event_files, "MAX_RECORDS", 100)
    broken = framed(b"\xff") * 100
    last = event_file(summary(0, Summary.Value(tag="t", simple_value=1.0)))
    assert read_log({"tfevents": framed(b"\xff") * 99 + last}).scalars
    log = read_log({"tfevents": broken + last})
    assert not log.scalars
    assert "more than 100 records" in log.problems[-1]


def test_values_count_as_records(monkeypatch):
    monkeypatch.setattr(event_files, "MAX_RECORDS", 100)
    value = Summary.Value(tag="t", simple_value=1.0)
    log = read_log({"tfevents": event_file(summary(0, *[value] * 60), summary(1, *[value] * 60))})
    assert len(log.scalars[0].steps) == 60
    assert "more than 100 records" in log.problems[0]


def test_a_picture_bomb_is_not_decoded():
    buffer = io.BytesIO()
    Image.new("L", (8000, 8000)).save(buffer, "PNG")
    image = Summary.Image(height=28, width=28, colorspace=1, encoded_image_string=buffer.getvalue())
    log = read_log({"tfevents": event_file(summary(0, Summary.Value(tag="digits", image=image)))})
    assert log.images[0].broken == 1
    assert log.images[0].pixels == ()


def test_the_size_is_bounded(tmp_path):
    content = torch_like()
    log = read_log({"a.tfevents": content, "b.tfevents": content}, max_bytes=len(content) + 10)
    assert log.files == 1
    assert any("not read" in problem for problem in log.problems)
    (tmp_path / "a.tfevents").write_bytes(content)
    (tmp_path / "link.tfevents").symlink_to(tmp_path / "a.tfevents")
    assert read_directory(tmp_path).files == 1
    assert "not read" in read_directory(tmp_path, max_bytes=10).problems[0]


def test_what_is_lacking_is_said_truly():
    garbage = read_log({"events.tfevents.gz": gzip.compress(b"no event file" * 100)})
    assert garbage.problems
    assert "nothing that can be read" in find_curve(garbage).sentence
    assert "is empty" in find_curve(read_log({"events.tfevents.1": b""})).sentence
    hollow = Log(histograms=(Histograms("", "h", (0,), (((0.0, 1.0, 0.0),),)),), files=1)
    assert find_histogram(hollow).sentence == "No histogram holds any values."
    short = Log(scalars=(Series("", "loss", (0,), (1.0,)),), files=1)
    assert "has 1 point;" in find_curve(short).sentence
