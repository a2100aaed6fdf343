"""Lines 28 to 35 of the notes: hanging, flooding, outliving and killing; what breaks out of the kernel; scripts.

Each attack is followed by an honest submission, and its limits are small. What would hurt this machine without
its limit is not run without it: a comment says so, and the tests of the sandbox show the limit to be the cause.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import psutil
import pytest
from arena import FULL, SESSION_PARTS, WRONG, Arena
from sandboxing import limits, run
from special_courses import with_tests

from autograder.grading.grade import Status
from autograder.grading.warmth import warm_parent
from autograder.sandbox import SandboxError, SandboxSpec
from autograder.sanitise import clean_notebook

# Floods and bombs want the machine to themselves, so that their limits are what is measured: `make test-full` runs them.
pytestmark = pytest.mark.full

# Line 28: without end

ENDLESS_CELLS = {
    "a loop": "while True: pass",
    "a loop that catches": "import time\nwhile True:\n    try: time.sleep(100)\n    except BaseException: pass",
    "a loop in C": "import re; re.match('(a+)+$', 'a' * 64 + 'b')",
    "a big power": "x = 9 ** 9 ** 9",
    "an import": "open('endless.py', 'w').write('while True: pass')\nimport endless",
    "its repr": "class E:\n    def __repr__(self):\n        while True: pass\nE()",
    "its end": "class E:\n    def __del__(self):\n        while True: pass\ne = E(); del e",
    "a signal handler": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
}


@pytest.mark.parametrize("endless", ENDLESS_CELLS)
def test_a_cell_without_end(arena: Arena, endless: str) -> None:
    """28: it is stopped; the other cells run, and their functions are graded."""
    course = with_tests(arena.course, QUICK_TESTS, limits="notebook_s: 12, cell_s: 1, call_s: 1, cpu_s: 20")
    result = arena.grade(ENDLESS_CELLS[endless], course=course)
    assert result.grade.score == FULL
    assert "stopped after" in result.grade.notebook or "could not be interrupted" in result.grade.notebook


QUICK_TESTS = '''
@pytest.mark.item("standardise-values")
def test_standardise(student):
    """Standardise."""
    answer = student.standardise(np.array([[1.0], [3.0]]))
    expect(np.allclose(answers.array(answer, (2, 1), None), [[-1.0], [1.0]]), "Wrong.")

@pytest.mark.item("average-values")
def test_average(student):
    """Average."""
    answer = student.moving_average(np.array([1.0, 3.0]), 2)
    expect(np.allclose(answers.array(answer, (1,), None), [2.0]), "Wrong.")
'''

ENDLESS_CALLS = {
    "a loop": "while True: pass",
    "an answer's conversion": "class E:\n        def __array__(self, *a, **k):\n            while True: pass\n"
    "        numpy = __array__\n    return E()",
    "an exception's text": "class E(Exception):\n        def __str__(self):\n            while True: pass\n    raise E()",
    "a child": "import subprocess, sys\n    subprocess.run([sys.executable, '-c', 'while True: pass'])",
    "a stopped process": "import os, signal\n    os.kill(os.getpid(), signal.SIGSTOP)",
}


@pytest.mark.parametrize("endless", ENDLESS_CALLS)
def test_a_call_without_end(arena: Arena, endless: str) -> None:
    """28: the item is lost, the other one is not."""
    course = with_tests(arena.course, VALUE_TESTS, limits="notebook_s: 12, cell_s: 4, call_s: 0.3, cpu_s: 20")
    body = f"def standardise(x):\n    {ENDLESS_CALLS[endless]}"
    result = arena.grade(solutions={"standardise": body}, course=course)
    assert [item.score for item in result.grade.items[:2]] == [0.0, 3.0]
    assert result.grade.items[0].status in (Status.TIMEOUT, Status.ERROR)


VALUE_TESTS = QUICK_TESTS.replace("student.standardise(", "student.standardise.value(")


# Line 29, 30: floods

FLOODS = {
    "29 forks": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "29 forks that leave": "import os\nfor _ in range(3000):\n    try:\n        if os.fork() == 0: os.setsid(); os.fork()\n"
    "    except OSError: pass",
    "29 threads": "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(1000,)).start()",
    "30 memory": "held = []\nwhile True: held.append(bytearray(b'x' * 10_000_000))",
    "30 memory of children": "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        held = b'x' * 100_000_000\n"
    "        time.sleep(100)\ntime.sleep(100)",
    "30 memory at once": "import numpy as np; x = np.ones(10**11)",
    "30 memory that leaves the map": "import mmap\nheld = []\nblock = b'x' * 10_000_000\nwhile True:\n"
    "    m = mmap.mmap(-1, 100_000_000)\n    for i in range(10): m[i * 10_000_000:(i + 1) * 10_000_000] = block\n"
    "    m.madvise(mmap.MADV_DONTNEED); held.append(m)",
    "30 disk": "for i in range(1000): open(f'/tmp/{i}', 'wb').write(bytes(10_000_000))",
    "30 files": "for i in range(100_000): open(f'/dev/shm/{i}', 'w').close()",
    "30 folders": "import os\nfor i in range(100_000): os.mkdir('d'); os.chdir('d')",
    "30 descriptors": "held = [open('/dev/null') for _ in range(100_000)]",
    "30 sockets": "import socket\nheld = [socket.socketpair() for _ in range(100_000)]",
    "30 output": "import sys\nfor _ in range(300): print('x' * 100_000)\nfor _ in range(300): print('y' * 100_000, file=sys.stderr)",
    "30 one line of output": "print('x' * 3_000_000)",
    "30 pictures": "from IPython.display import display\n"
    "for _ in range(100): display({'text/html': 'x' * 100_000, 'image/png': 'x' * 100_000}, raw=True)",
    "30 output of a child": "!yes | head -c 30000000",
    "30 names": "globals().update({f'v{i}': i for i in range(300_000)})",
}  # fmt: skip


@pytest.mark.parametrize("flood", FLOODS)
def test_floods(arena: Arena, flood: str) -> None:
    """29, 30: bounded, named where a limit ended the process, and gone afterwards.

    Not run without the limits: a fork bomb or a flood of memory would take this machine down.
    """
    numbers = "notebook_s: 12, cell_s: 3, call_s: 1, cpu_s: 8, memory_mb: 300, processes: 20, scratch_mb: 32, output_kb: 64"
    course = with_tests(arena.course, QUICK_TESTS, limits=numbers)
    available = psutil.virtual_memory().available
    result = arena.attack(FLOODS[flood], course=course)
    assert len(result.grade.notebook) < 1_000_000
    assert psutil.virtual_memory().available > available - 3 * 10**9  # others use this machine, too
    arena.next_is_graded_as_ever()


def test_memory_that_leaves_the_map_is_counted() -> None:
    """30: pages of shared memory stay when a process drops them from its map; they are no smaller for it."""
    code = FLOODS["30 memory that leaves the map"].replace("while True:", "for _ in range(30):")
    ran = run(code, spec=SandboxSpec(limits=limits(memory_mb=300)))
    assert ran.why == "it exceeded its memory limit of 300 MB"


# Line 31, 32: staying, killing


DAEMON = """
import subprocess
silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
print(subprocess.Popen(["nohup", "sleep", "1000"], start_new_session=True, **silent).pid)
"""


def test_a_process_that_outlives_the_session(arena: Arena) -> None:
    """31: daemons, double forks, other sessions, immune to signals; a new one for each that dies.

    An ordinary program leaves such a daemon behind. The rest is not run without the walls: nothing would end it.
    """
    left = subprocess.run([sys.executable, "-c", DAEMON], capture_output=True, text=True, check=True)
    daemon = psutil.Process(int(left.stdout))
    assert daemon.is_running()
    daemon.kill()
    arena.attack(
        """
        import os, signal, subprocess, sys, time
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        subprocess.Popen(["nohup", "setsid", "sleep", "1000"], start_new_session=True)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                while True:
                    if os.fork() == 0: time.sleep(0.01); os._exit(0)
                    time.sleep(0.05)
            os._exit(0)
        """
    )


KILLING = """
import os, signal
for target in (-1, 1, 0 if False else os.getppid(), *range(2, 400)):
    if target == os.getpid(): continue
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV, signal.SIGTERM):
        try: os.kill(target, number)
        except OSError: pass
for target in range(1, 400):
    try:
        fd = os.pidfd_open(target)
        if target != os.getpid(): signal.pidfd_send_signal(fd, signal.SIGKILL)
    except OSError: pass
"""


@pytest.mark.parametrize("kill", [KILLING, "!kill -9 -1", "%%bash\nkill -9 -1; kill -9 1; kill -STOP 1"])
def test_killing_others(arena: Arena, kill: str) -> None:
    """32: the warm parent, siblings, the first process of its own session.

    Not run without the walls: it would end every process of this user.
    """
    warm = warm_parent("tensorflow")._process
    assert warm is not None
    arena.attack(kill)
    assert warm.poll() is None
    assert warm_parent("tensorflow")._process is warm


def test_a_warm_parent_that_died_is_replaced(arena: Arena) -> None:
    """32: if something kills it all the same, no grading is lost."""
    warm = warm_parent("tensorflow")._process
    assert warm is not None
    warm.kill()
    arena.next_is_graded_as_ever()


STARVING = """
import ctypes, os, resource
libc = ctypes.CDLL(None, use_errno=True)
def _call(*arguments):
    if libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]) < 0:
        raise OSError(ctypes.get_errno(), "")
done = []
def attempt(name, action):
    try: action(); done.append(name)
    except (OSError, ValueError): pass
attempt("limits of the first process", lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0)))
attempt("limits of the first process, high bits", lambda: _call(302, (7 << 32) | 1, 7, ctypes.create_string_buffer(16), 0))
attempt("niceness of the first process", lambda: os.setpriority(os.PRIO_PROCESS, 1, 19))
attempt("niceness of the user", lambda: os.setpriority(os.PRIO_USER, 0, 19))
attempt("its scheduler", lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)))
attempt("its processors", lambda: os.sched_setaffinity(1, {0}))
attempt("more than it may", lambda: os.nice(-5))
attempt("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))
attempt("a higher limit", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6)))
attempt("another end when memory runs out", lambda: open("/proc/self/oom_score_adj", "w").write("-1000"))
attempt("a safer place when memory runs out", lambda: open("/proc/self/oom_score_adj", "w").write("0"))
attempt("settings of the kernel", lambda: open("/proc/sys/kernel/hostname", "w").write("x"))
attempt("the request key", lambda: open("/proc/sysrq-trigger", "w").write("b"))
print("DONE", done)
"""


def test_starving_the_others(arena: Arena) -> None:
    """32: priorities, processors, limits and the choice of who ends when memory runs out."""
    assert "DONE []" in arena.attack(STARVING).printed
    off = ["seccomp", "landlock"]
    spared = "\n".join(line for line in STARVING.splitlines() if "limits of the first process" not in line)
    assert "a safer place when memory runs out" in arena.grade(spared, solutions=WRONG, off=off).printed
    with pytest.raises(SandboxError):  # the first process has no descriptor left to watch with
        arena.grade(STARVING, solutions=WRONG, off=off)


# Line 33: the kernel's corners

CALLS = {  # numbers of x86_64; what they would do
    "ptrace of the first process": "libc.ptrace(16, 1, 0, 0)",
    "memory of the first process": "call(310, 1, 0, 0, 0, 0, 0)",
    "io_uring": "call(425, 1, ctypes.create_string_buffer(256))",
    "userfaultfd": "call(323, 1)",
    "a key": "call(248, b'user', b'x', b'y', 1, -3)",
    "the session's keys": "call(250, 0, -3, 1)",
    "a namespace": "call(272, 0x10000000)",
    "a namespace by clone": "call(56, 0x10000000 | 17, 0, 0, 0, 0)",
    "a namespace by clone3": "call(435, struct.pack('=8Q', 0x10000000, 0, 0, 0, 17, 0, 0, 0), 64)",
    "a mount": "call(165, b'none', b'/tmp', b'tmpfs', 0, 0)",
    "a new kind of mount": "call(430, b'tmpfs', 0)",
    "another root": "call(161, b'/tmp')",
    "bpf": "call(321, 0, 0, 0)",
    "perf": "call(298, ctypes.create_string_buffer(128), 0, -1, -1, 0)",
    "a file in memory, to be run": "call(319, b'x', 0)",
    "shared memory of System V": "call(29, 0, 4096, 0o1600)",
    "a message queue": "call(240, b'/q', 0o102, 0o600, 0)",
    "personality": "call(135, 0x0040000)",
    "a raw socket": "call(41, 2, 3, 1)",
    "a packet socket": "call(41, 17, 3, 0)",
    "a netlink socket": "call(41, 16, 3, 9)",
    "a descriptor of another": "call(438, call(434, 1, 0), 0, 0)",
    "a handle of a file": "call(303, -100, b'/', ctypes.create_string_buffer(b'\\x80' + bytes(200), 201), ctypes.create_string_buffer(8), 0)",
    "typing into a terminal": "fcntl.ioctl(os.openpty()[1], 0x5412, b'x')",
    "the clock": "call(227, 0, struct.pack('=2q', 0, 0))",
    "the name of the machine": "call(170, b'x', 1)",
}  # fmt: skip


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
def test_corners_of_the_kernel(arena: Arena) -> None:
    """33: ptrace, foreign memory, io_uring, userfaultfd, keyrings, mounts, namespaces and their like."""
    code = f"""
import ctypes, fcntl, os, struct
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    return libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
done = []
for name, what in {CALLS!r}.items():
    try: result = eval(what)
    except OSError: continue
    if result == 0 and "clone" in name: libc._exit(0)
    if not isinstance(result, int) or result >= 0: done.append(name)
print("DONE", done)
"""
    assert "DONE []" in arena.attack(code).printed
    without = arena.grade(code, solutions=WRONG, off=["seccomp"]).printed
    for name in ("personality", "shared memory of System V", "a file in memory, to be run"):
        assert name in without


# Line 34: what would run when it is loaded


def test_objects_that_run_when_loaded(arena: Arena, tmp_path: Path) -> None:
    """34: pickles, arrays of objects, model files and YAML on the way out: data arrives as bytes, or not at all."""
    mark = arena.victim / "ran"
    bombs = f"""
import os, pickle
import numpy as np
class Bomb:
    def __reduce__(self): return (os.system, ({f"touch {mark}"!r},))
os.makedirs("logs", exist_ok=True)
pickle.dump(Bomb(), open("logs/model.pkl", "wb"))
np.save("logs/array.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
open("logs/model.yaml", "w").write('!!python/object/apply:os.system ["touch {mark}"]')
open("logs/model.keras", "wb").write(pickle.dumps(Bomb()))
def standardise(x): return Bomb()
def moving_average(x, width): return np.array([Bomb()], dtype=object)
"""
    tests = '''
@pytest.mark.item("standardise-values")
def test_files(student):
    """Files."""
    files = student.read_files("logs")
    assert {type(data) for data in files.values()} == {bytes}
    kept = student.standardise(np.ones((2, 2)))
    assert isinstance(kept, np.ndarray)

@pytest.mark.item("average-values")
def test_arrays(student):
    """Arrays."""
    answers.array(student.moving_average(np.ones(3), 1), None, None)
'''
    arena.attack(last=[bombs], course=with_tests(arena.course, tests))
    assert not mark.exists()
    careless = bombs + "pickle.load(open('logs/model.pkl', 'rb'))"
    subprocess.run([sys.executable, "-c", careless], cwd=tmp_path, check=True)
    assert mark.exists()
    mark.unlink()


# Line 35: stored script

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)><iframe srcdoc='<script>4</script>'>"
STORED = f"""
from IPython.display import HTML, SVG, Javascript, Markdown, display
script = {SCRIPT!r}
display(HTML(script), SVG("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(5)</script></svg>"))
display(Javascript("alert(6)"), Markdown("[x](javascript:alert(7)) " + script))
display({{"text/html": script, "application/javascript": "alert(8)", "text/latex": "\\\\href{{javascript:alert(9)}}{{x}}"}}, raw=True)
print(script)
print("\\x1b]0;title\\x07\\x1b[2J\\x1b]8;;file:///etc/passwd\\x1b\\\\link")
class Trap(Exception): pass
Trap.__name__ = script
raise Trap(script)
"""


def test_stored_script(arena: Arena) -> None:
    """35: outputs, names and messages of a student in what nbgrader's pages show: the notebook in autograded/."""
    result = arena.attack(STORED)
    raw = result.grade.notebook
    assert "onerror=alert(2)" in raw  # what nbgrader's own autograde would store
    cleaned = clean_notebook(nbformat.reads(raw, 4))
    acting = _Acting()
    for cell in cleaned.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            assert set(data) <= {
                "text/plain",
                "text/html",
                "text/markdown",
                "text/latex",
                "image/svg+xml",
                "image/png",
            }
            for mime in ("text/html", "image/svg+xml", "text/markdown", "text/latex"):
                acting.feed("".join(data.get(mime, "")))
    assert acting.found == []
    assert "\x1b]" not in str(cleaned)
    assert "\x1b[2J" not in str(cleaned)


class _Acting(HTMLParser):
    """Finds what acts in HTML: scripts, frames, handlers, addresses that are no pictures or pages."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "form", "base", "meta", "link", "style"):
            self.found.append(tag)
        for name, value in attributes:
            if name.startswith("on") or name == "srcdoc" or "script:" in (value or "").lower():
                self.found.append(f"{tag} {name}")


def test_terminal_codes_in_what_a_terminal_shows(arena: Arena) -> None:
    """35: a line of the student's that a message quotes reaches the instructor's terminal without its codes."""
    line = "def standardise(x):\n    return undefined + '\x1b]0;owned\x07\x1b[2J\u202e'"
    result = arena.attack(solutions={"standardise": line})
    assert "undefined" in result.grade.items[0].message
    for message in (*result.messages, *result.grade.notices):
        assert not [
            sign for sign in message if sign < " " or "\x7f" <= sign <= "\x9f" or sign in "\u202e\u2066"
        ]


def test_the_grader_keeps_its_speed_and_memory(arena: Arena) -> None:
    """30: one kernel message without end, in many frames, does not fill the grader's own memory."""
    flood = (
        SESSION_PARTS
        + """
import zmq
part = bytes(8_000_000)
sock = kernel.iopub_thread.socket
for _ in range(150): sock.send(part, zmq.SNDMORE, copy=False)
sock.send(b"")
import time; time.sleep(1)
"""
    )
    process = psutil.Process()
    before = process.memory_info().rss
    began = time.monotonic()
    arena.attack(flood)
    assert process.memory_info().rss - before < 300_000_000
    assert time.monotonic() - began < 60


def test_the_victims_are_as_they_were(arena: Arena) -> None:
    """All of these attacks together have changed nothing."""
    assert sorted(path.name for path in Path(arena.victim).iterdir()) == ["grades.csv"]
