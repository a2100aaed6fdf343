"""Event files of TensorBoard, read: a log's scalars, histograms, images and graphs, with their tags and steps.

Event files come from outside as bytes. They are read with TensorBoard's own record reader and its own
conversion of old formats (`data_compat`, `dataclass_compat`), so that logs of TensorFlow 2, of Keras'
callback and of PyTorch's writer look alike; neither TensorFlow nor a plugin is loaded. Everything is bounded
before it is read: bytes, records, the elements of a tensor, the pixels of an image. A damaged or cut-off file
yields what stands before the damage, and a problem; nothing raises for what a file contains.

Steps are the student's numbers; wall times are seconds since 1970 by the student's clock. Images decode to
uint8 [height, width] or [height, width, channels]. Checking the records' check sums takes about 0.2 s per
megabyte.
"""

from __future__ import annotations

import io
import math
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image
from tensorboard import data_compat, dataclass_compat
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.tensorflow_stub import errors
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New
from tensorboard.util import tensor_util

from autograder.sanitise.images import BROKEN

MAX_BYTES = 32 * 2**20  # of all event files together
MAX_RECORDS = 200_000  # and the values in them
MAX_ELEMENTS = 100_000  # of one tensor
MAX_PIXELS = 2**22  # of one image
MAX_IMAGES = 64  # decoded per tag
_DAMAGED = "A file is damaged or cut off; what stands before is used."


@dataclass(frozen=True)
class Series:
    """The values of one scalar tag of one run, in the order in which they were written."""

    run: str
    tag: str
    steps: tuple[int, ...]
    values: tuple[float, ...]

    @property
    def rising(self) -> bool:
        """True if every step is larger than the one before."""
        return all(a < b for a, b in zip(self.steps, self.steps[1:], strict=False))

    @property
    def finite(self) -> bool:
        return all(math.isfinite(v) for v in self.values)

    @property
    def falls(self) -> bool:
        """True if the mean of the last quarter lies below that of the first."""
        quarter = max(1, len(self.values) // 4)
        start, end = np.mean(self.values[:quarter]), np.mean(self.values[-quarter:])
        return len(self.values) > 1 and self.finite and bool(end < start)


@dataclass(frozen=True)
class Histograms:
    """Histograms of one tag: their steps, and of each the buckets as (left, right, count)."""

    run: str
    tag: str
    steps: tuple[int, ...]
    buckets: tuple[tuple[tuple[float, float, float], ...], ...]


@dataclass(frozen=True, eq=False)
class Images:
    """Images of one tag: their steps, and the first images decoded. `broken` counts those that do not
    decode."""

    run: str
    tag: str
    steps: tuple[int, ...]
    pixels: tuple[NDArray[np.uint8], ...]
    broken: int

    def sizes(self) -> set[tuple[int, int]]:
        """(height, width) of the decoded images."""
        return {(int(p.shape[0]), int(p.shape[1])) for p in self.pixels}


@dataclass(frozen=True)
class Log:
    """All that a log directory holds. `other` are tags of other plugins (text, hparams); `problems` are
    sentences; `submitted` is the code whose words sentences may repeat."""

    scalars: tuple[Series, ...] = ()
    histograms: tuple[Histograms, ...] = ()
    images: tuple[Images, ...] = ()
    graphs: int = 0
    other: tuple[tuple[str, str], ...] = ()
    files: int = 0
    problems: tuple[str, ...] = ()
    submitted: str = ""

    @property
    def runs(self) -> tuple[str, ...]:
        found = (
            {s.run for s in self.scalars} | {h.run for h in self.histograms} | {i.run for i in self.images}
        )
        return tuple(sorted(found))


def read_log(files: Mapping[str, bytes], max_bytes: int = MAX_BYTES, submitted: str = "") -> Log:
    """Read event files: names relative to the log directory -> contents. Other files are ignored.

    A run is the folder of its files. Files beyond `max_bytes` in all are left out, with a problem. `submitted` is the
    student's code: sentences name what is named there.
    """
    parts = _Parts(submitted)
    total = 0
    for name in sorted(files):
        if "tfevents" not in PurePosixPath(name).name:
            continue
        content = files[name]
        total += len(content)
        if total > max_bytes:
            parts.problems.append(f"The log has more than {max_bytes // 2**20} MB; the rest is not read.")
            continue
        parts.files += 1
        run = str(PurePosixPath(name).parent)
        _read_file("" if run == "." else run, content, parts)
    return parts.log()


def read_directory(folder: Path, max_bytes: int = MAX_BYTES, submitted: str = "") -> Log:
    """Read the event files below a folder of the grader's own machine. Links are not followed."""
    files = {
        str(path.relative_to(folder)): path
        for path in sorted(folder.rglob("*tfevents*"))
        if path.is_file() and not path.is_symlink()
    }
    small = {name: path for name, path in files.items() if path.stat().st_size <= max_bytes}
    log = read_log({name: path.read_bytes() for name, path in small.items()}, max_bytes, submitted)
    if len(small) == len(files):
        return log
    large = f"The log has files of more than {max_bytes // 2**20} MB; they are not read."
    return replace(log, problems=(*log.problems, large))


@dataclass
class _Parts:
    """A log while it is being read."""

    submitted: str = ""
    scalars: dict[tuple[str, str], list[tuple[int, float]]] = field(default_factory=dict)
    histograms: dict[tuple[str, str], list[tuple[int, Any]]] = field(default_factory=dict)
    images: dict[tuple[str, str], list[tuple[int, list[bytes]]]] = field(default_factory=dict)
    other: set[tuple[str, str]] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    graphs: int = 0
    files: int = 0
    records: int = 0

    def has_room_for(self, records: int) -> bool:
        """Counts them, and says so where they are too many."""
        self.records += records
        if self.records > MAX_RECORDS:
            self.problems.append(f"The log has more than {MAX_RECORDS} records; the rest is not read.")
        return self.records <= MAX_RECORDS

    def log(self) -> Log:
        scalars = tuple(
            Series(run, tag, tuple(s for s, _ in points), tuple(v for _, v in points))
            for (run, tag), points in sorted(self.scalars.items())
        )
        histograms = tuple(
            Histograms(run, tag, tuple(s for s, _ in found), tuple(b for _, b in found))
            for (run, tag), found in sorted(self.histograms.items())
        )
        images = tuple(_images(run, tag, found) for (run, tag), found in sorted(self.images.items()))
        other = tuple(sorted(self.other))
        problems = tuple(dict.fromkeys(self.problems))
        return Log(scalars, histograms, images, self.graphs, other, self.files, problems, self.submitted)


def _read_file(run: str, content: bytes, parts: _Parts) -> None:
    whole = _whole_records(content)
    if whole < len(content):
        parts.problems.append(_DAMAGED)
    metadata: dict[str, Any] = {}
    for record in _records(content[:whole], parts):
        if not parts.has_room_for(1):  # also for one that cannot be read
            return
        try:
            event = event_pb2.Event.FromString(record)
            # Further values of one record: ten bytes each, and long to convert.
            if not parts.has_room_for(max(0, len(event.summary.value) - 1)):
                return
            events = list(dataclass_compat.migrate_event(data_compat.migrate_event(event), metadata))
        except (DecodeError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            parts.problems.append(f"A file holds a record that cannot be read ({type(error).__name__}).")
            continue
        for migrated in events:
            if migrated.HasField("graph_def"):
                parts.graphs += 1
            for value in migrated.summary.value:
                _take(run, int(migrated.step), value, metadata, parts)


def _whole_records(content: bytes) -> int:
    """Bytes up to the end of the last whole record: 8 bytes of length, 4 of check, the data, 4 of check."""
    at = 0
    while at + 12 <= len(content):
        end = at + 16 + int.from_bytes(content[at : at + 8], "little")
        if end > len(content):
            break
        at = end
    return at


def _records(content: bytes, parts: _Parts) -> Iterator[bytes]:
    with tempfile.NamedTemporaryFile(suffix=".tfevents") as file:
        file.write(content)
        file.flush()
        reader = PyRecordReader_New(file.name)
        try:
            while True:
                try:
                    reader.GetNext()
                except errors.OutOfRangeError:
                    return
                except errors.DataLossError:
                    parts.problems.append(_DAMAGED)
                    return
                yield reader.record()
        finally:
            reader.file_handle.close()


def _take(run: str, step: int, value: Any, metadata: Mapping[str, Any], parts: _Parts) -> None:
    tag = value.tag[:200]
    known = metadata.get(value.tag)
    plugin = (known or value.metadata).plugin_data.plugin_name
    if not value.HasField("tensor") or not _bounded(value.tensor):
        parts.problems.append("A summary is not stored as it should be.")
        return
    key = run, tag
    if plugin == "scalars":
        number = _number(value.tensor)
        if number is None:
            parts.problems.append("A scalar is not a single number.")
        else:
            parts.scalars.setdefault(key, []).append((step, number))
    elif plugin == "histograms":
        buckets = _array(value.tensor)
        if buckets is None or buckets.ndim != 2 or buckets.shape[1] != 3:
            parts.problems.append("A histogram has no buckets.")
        else:
            rows = tuple((float(a), float(b), float(c)) for a, b, c in buckets)
            parts.histograms.setdefault(key, []).append((step, rows))
    elif plugin == "images":
        parts.images.setdefault(key, []).append((step, list(value.tensor.string_val)[2:]))
    elif plugin.startswith("graph"):
        parts.graphs += 1
    else:
        parts.other.add((plugin[:100], tag))


def _bounded(tensor: Any) -> bool:
    """A shape larger than its content would be filled up when it is read."""
    dims = [int(d.size) for d in tensor.tensor_shape.dim]
    return len(dims) <= 8 and all(d >= 0 for d in dims) and math.prod(dims) <= MAX_ELEMENTS


def _array(tensor: Any) -> NDArray[np.float64] | None:
    try:
        array = np.asarray(tensor_util.make_ndarray(tensor))
    except (ValueError, TypeError, KeyError, OverflowError):  # a number that its dtype has no room for, too
        return None
    return array.astype(np.float64) if array.dtype.kind in "fiub" else None


def _number(tensor: Any) -> float | None:
    array = _array(tensor)
    return float(array.reshape(-1)[0]) if array is not None and array.size == 1 else None


def _images(run: str, tag: str, found: list[tuple[int, list[bytes]]]) -> Images:
    encoded = [png for _, pictures in found for png in pictures][:MAX_IMAGES]
    decoded = [_pixels(png) for png in encoded]
    pixels = tuple(p for p in decoded if p is not None)
    return Images(run, tag, tuple(step for step, _ in found), pixels, len(decoded) - len(pixels))


def _pixels(encoded: bytes) -> NDArray[np.uint8] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(encoded), formats=("PNG", "JPEG", "GIF")) as image:
                if image.width * image.height > MAX_PIXELS:
                    return None
                mode = image.mode if image.mode in ("L", "RGB", "RGBA") else "RGB"
                return np.asarray(image.convert(mode), dtype=np.uint8)
    except BROKEN:
        return None
