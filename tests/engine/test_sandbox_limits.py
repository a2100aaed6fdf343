"""Each limit of a session ends it, or the call that would pass it, and is named as the reason."""

from __future__ import annotations

import pytest
from sandboxing import limits, needs_full_isolation, run, run_cell, sandbox

from autograder.sandbox import SandboxSpec


@pytest.fixture(autouse=True, scope="module")
def _isolation() -> None:
    needs_full_isolation()


def small(*layers_off: str, wall_s: float | None = None, **changed: float) -> SandboxSpec:
    return SandboxSpec(limits=limits(**changed), layers_off=frozenset(layers_off), wall_s=wall_s)


def test_computing_time() -> None:
    ran = run("while True: pass", spec=small(cpu_s=0.5))
    assert ran.why == "it exceeded its limit of 0.5 s of computing time"
    assert 0.5 < ran.usage.cpu_s < 10
    assert not ran.lost


def test_computing_time_counts_children_also_those_that_nobody_waits_for() -> None:
    burn = "import time\nend = time.process_time() + 0.6\nwhile time.process_time() < end: pass\n"
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        f"for _ in range(6): subprocess.Popen([sys.executable, '-S', '-c', {burn!r}])\n"
        "time.sleep(600)"
    )
    ran = run(code, spec=small(cpu_s=2.5))
    assert ran.why == "it exceeded its limit of 2.5 s of computing time"


def test_time_for_everything() -> None:
    ran = run("import time; time.sleep(600)", spec=small(wall_s=1.0))
    assert ran.why == "it exceeded its limit of 1 s of time for everything"


def test_memory() -> None:
    ran = run(
        "held = []\nwhile True: held.append(bytes(bytearray(b'x') * 4_000_000))", spec=small(memory_mb=300)
    )
    assert ran.why == "it exceeded its memory limit of 300 MB"
    assert ran.usage.peak_memory_mb > 300


def test_memory_of_several_processes_together() -> None:
    code = (
        "import os, time\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0: held = b'x' * 100_000_000; time.sleep(600)\n"
        "time.sleep(600)"
    )
    assert run(code, spec=small(memory_mb=300)).why == "it exceeded its memory limit of 300 MB"


def test_forked_workers_do_not_pay_for_what_they_share() -> None:
    code = (
        "import multiprocessing as mp, time\nshared = bytearray(b'x' * 150_000_000)\n"
        "def look(i):\n    time.sleep(0.5); return shared[i]\n"
        "with mp.Pool(4) as pool: print(pool.map(look, range(4)))"
    )
    ran = run(code, spec=small(memory_mb=300))
    assert (ran.text, ran.why) == ("[120, 120, 120, 120]\n", None)


def test_one_request_for_too_much_memory_is_an_error_in_the_cell() -> None:
    ran = run("x = bytearray(3_000_000_000)", spec=small(memory_mb=500))
    assert (ran.error.split(":")[0], ran.why) == ("MemoryError", None)
    assert run("x = bytearray(3_000_000_000)", spec=small("rlimits", "watchdog", memory_mb=500)).error == ""


def test_memory_that_was_dropped_from_the_map_of_pages() -> None:
    """Shared pages that were written and then dropped still occupy memory, and no process's figures show them."""
    code = (
        "import mmap, time\nheld = []\n"
        "for i in range(12):\n"
        "    m = mmap.mmap(-1, 40_000_000); m.write(b'x' * len(m)); m.madvise(mmap.MADV_DONTNEED); held.append(m)\n"
        "time.sleep(600)"
    )
    ran = run(code, spec=small(memory_mb=300))
    assert ran.why == "it exceeded its memory limit of 300 MB"
    assert ran.usage.peak_memory_mb < 250


def test_address_space_is_bounded() -> None:
    code = "import mmap\nheld = [mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE) for _ in range(100)]"
    ran = run(code, spec=small(memory_mb=300))
    assert ran.error == "OSError: [Errno 12] Cannot allocate memory"


def test_processes() -> None:
    bomb = "import os, time\nfor _ in range(40):\n    if os.fork() == 0: time.sleep(600)\ntime.sleep(600)"
    ran = run(bomb, spec=small(processes=20))
    assert ran.why == "it exceeded its limit of 20 processes"
    assert (
        run(bomb.replace("40", "12").replace("\ntime.sleep(600)", ""), spec=small(processes=20)).why is None
    )


def test_a_fork_bomb_is_stopped() -> None:
    ran = run(
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", spec=small(processes=30)
    )
    assert ran.why in {
        "it exceeded its limit of 30 processes",
        "it exceeded its limit of 60 s of computing time",
    }
    assert run("print('next')").text == "next\n"


def test_threads() -> None:
    code = (
        "import threading, time\n"
        "try:\n"
        "    for i in range(5000): threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
        "except RuntimeError as error: print(error)"
    )
    assert "can't start new thread" in run(code, spec=small(processes=8)).text


def test_disk() -> None:
    code = "for i in range(20):\n    with open(f'/tmp/{i}', 'wb') as f: f.write(bytes(10_000_000))\n"
    assert "No space left" in run(code, spec=small(scratch_mb=64)).error
    assert "File too large" in run("open('x', 'wb').truncate(1 << 40)", spec=small(scratch_mb=64)).error
    many = "for i in range(100_000): open(f'/dev/shm/{i}', 'w').close()"
    assert "No space left" in run(many, spec=small(scratch_mb=64)).error


def test_open_files() -> None:
    assert "Too many open files" in run("held = [open('/dev/null') for _ in range(5000)]").error


def test_usage_is_current() -> None:
    with sandbox() as (client, provisioner):
        before = provisioner.usage()
        run_cell(
            client, "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
        )
        after = provisioner.usage()
        assert 0.3 <= after.cpu_s - before.cpu_s < 5
        run_cell(client, "held = b'x' * 200_000_000")
        assert 190 < provisioner.usage().memory_mb - before.memory_mb < 300
    assert provisioner.usage().cpu_s >= after.cpu_s
