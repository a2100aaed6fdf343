"""Which GPUs a machine has, by the driver's own lists, and one process at a time on each. No GPU is needed."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from autograder.sandbox import Gpu, NoGpuError, SandboxSpec, gpus, reserved_gpu
from autograder.sandbox.gpus import driver_path, of_listing, of_proc, visible
from autograder.sandbox.spec import GPU_HOST_MB

LISTING = b"""<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
  <driver_version>570.86.15</driver_version>
  <cuda_version>12.8</cuda_version>
  <gpu id="00000000:04:00.0">
    <product_name>NVIDIA H200</product_name>
    <uuid>GPU-1111aaaa</uuid>
    <minor_number>3</minor_number>
  </gpu>
  <gpu id="00000000:05:00.0">
    <product_name>NVIDIA H200</product_name>
    <uuid>GPU-2222bbbb</uuid>
    <minor_number>N/A</minor_number>
  </gpu>
</nvidia_smi_log>
"""
FIRST = Gpu("GPU-1111aaaa", "NVIDIA H200", "570.86.15", "/dev/nvidia3")
SECOND = Gpu("GPU-2222bbbb", "NVIDIA H200", "570.86.15", "")


def test_the_listing_of_nvidia_smi_is_read() -> None:
    assert of_listing(LISTING) == (FIRST, SECOND)


@pytest.mark.parametrize("listing", [b"", b"NVIDIA-SMI has failed", b"<nvidia_smi_log/>", LISTING[:300]])
def test_a_listing_that_makes_no_sense_lists_nothing(listing: bytes) -> None:
    assert of_listing(listing) == ()


def test_the_folder_of_the_driver_is_read_where_there_is_no_nvidia_smi(tmp_path: Path) -> None:
    gpu = tmp_path / "gpus" / "0000:04:00.0"
    gpu.mkdir(parents=True)
    (gpu / "information").write_text(
        "Model: \t\t NVIDIA H200\nIRQ:   \t\t 42\nGPU UUID: \t GPU-1111aaaa\nDevice Minor: \t 3\nGPU Excluded:\t No\n"
    )
    (tmp_path / "version").write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (root@host)\n"
    )
    assert of_proc(tmp_path) == (FIRST,)
    assert of_proc(tmp_path / "no-driver") == ()


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (None, (FIRST, SECOND)),
        ("", ()),
        ("-1", ()),
        ("1", (SECOND,)),
        ("1,0", (SECOND, FIRST)),
        ("GPU-2222", (SECOND,)),
        ("0,7,1", (FIRST,)),  # what follows an unknown one does not count, as in CUDA
        ("NoDevFiles", ()),
    ],
)
def test_the_operator_can_hide_gpus(setting: str | None, expected: tuple[Gpu, ...]) -> None:
    assert visible((FIRST, SECOND), setting) == expected


def test_two_gpus_are_given_to_two_at_a_time(tmp_path: Path) -> None:
    with reserved_gpu([FIRST, SECOND], tmp_path) as one, reserved_gpu([FIRST, SECOND], tmp_path) as other:
        assert {one, other} == {FIRST, SECOND}


def test_a_process_comes_back_to_the_gpu_that_it_had(tmp_path: Path) -> None:
    with reserved_gpu([SECOND], tmp_path):
        pass
    with reserved_gpu([FIRST, SECOND], tmp_path) as gpu:
        assert gpu == SECOND


def test_without_a_gpu_there_is_nothing_to_wait_for(tmp_path: Path) -> None:
    with pytest.raises(NoGpuError), reserved_gpu([], tmp_path):
        pass


def test_another_process_keeps_the_gpu_until_it_ends_however_that_is(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    holds, end = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, holds, end))
    holder.start()
    assert holds.wait(60)
    with gpus._lock_file(FIRST, tmp_path) as descriptor:
        assert not gpus._locked(descriptor)
        holder.kill()
        holder.join()
        assert gpus._locked(descriptor)


def _hold(folder: Path, holds: Event, end: Event) -> None:
    with reserved_gpu([FIRST], folder):
        holds.set()
        end.wait(60)


def test_the_drivers_folder_is_taken_from_the_grader_and_no_other_one(tmp_path: Path) -> None:
    (tmp_path / "driver").mkdir()
    (tmp_path / "driver" / "libcuda.so.1").touch()
    setting = f"{tmp_path}/other:{tmp_path}/driver:"
    assert driver_path({"LD_LIBRARY_PATH": setting}) == f"{tmp_path}/driver"
    assert driver_path({}) == ""


def test_a_session_with_a_gpu_has_room_for_its_driver() -> None:
    without, with_gpu = SandboxSpec().as_request(), SandboxSpec(gpu=FIRST).as_request()
    assert without["gpu"] is None
    assert with_gpu["gpu"] == {"uuid": "GPU-1111aaaa", "node": "/dev/nvidia3"}
    assert with_gpu["limits"]["memory_mb"] == without["limits"]["memory_mb"] + GPU_HOST_MB
