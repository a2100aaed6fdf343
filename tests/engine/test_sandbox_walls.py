"""Each wall of the sandbox: what it stops, and that it is this wall which stops it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandboxing import limits, needs_full_isolation, run, run_cell, sandbox

import autograder
from autograder.sandbox import Gpu, SandboxSpec
from autograder.sandbox.names import FIRST_SESSION_ID

REPOSITORY = Path(autograder.__file__).resolve().parents[1]
CANARY = "canary-5f1c"


@pytest.fixture(autouse=True, scope="module")
def _isolation() -> None:
    needs_full_isolation()


def without(*layers: str) -> SandboxSpec:
    return SandboxSpec(limits=limits(), layers_off=frozenset(layers))


@pytest.fixture
def secret() -> Iterator[Path]:
    """A file that every user of this machine may read: what keeps it from the student is the sandbox."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "secret.txt"
        path.write_text(CANARY)
        yield path


def test_files_of_the_machine_are_out_of_sight(secret: Path) -> None:
    code = (
        f"for path in ({str(secret)!r}, '../' * 9 + {str(secret)!r}):\n"
        "    try: print(open(path).read())\n"
        "    except OSError as error: print(error.strerror)"
    )
    assert run(code).text == "No such file or directory\n" * 2
    assert CANARY in run(code, spec=without("mount", "landlock")).text
    assert run(code, spec=without("mount")).text == "Permission denied\n" * 2  # the second wall


def test_nothing_of_the_repository_is_inside_even_when_it_is_installed_from_there() -> None:
    places = [
        str(REPOSITORY / name) for name in ("autograder", "tests", "source", "docs", "pyproject.toml", ".git")
    ]
    code = f"import os\nprint([path for path in {places} if os.path.exists(path)])"
    assert run(code).text == "[]\n"
    code += "\nimport subprocess\nprint(subprocess.run(['find', '/', '-name', 'test_sandbox_walls*'], "
    code += "capture_output=True, text=True).stdout)"
    assert run(code).text == "[]\n\n"


def test_a_folder_within_the_installation_can_be_hidden() -> None:
    folder = Path(sys.prefix) / "etc"
    code = f"import os; print(len(os.listdir({str(folder)!r})))"
    assert run(code).text != "0\n"
    assert run(code, spec=SandboxSpec(limits=limits(), hide=(folder,))).text == "0\n"


def test_the_installation_cannot_be_changed() -> None:
    code = (
        "import numpy, os\n"
        "try: open(numpy.__file__, 'a')\n"
        "except OSError as error: print(error.strerror)\n"
        "try: os.mkdir('/new')\n"
        "except OSError as error: print(error.strerror)"
    )
    assert set(run(code).text.splitlines()) <= {"Read-only file system", "Permission denied"}


def test_only_the_session_and_plain_devices_are_seen() -> None:
    code = "import os; print([p for p in os.listdir('/proc') if p.isdigit()], sorted(os.listdir('/dev')))"
    devices = [
        "fd",
        "full",
        "null",
        "ptmx",
        "pts",
        "random",
        "shm",
        "stderr",
        "stdin",
        "stdout",
        "urandom",
        "zero",
    ]
    assert run(code).text == f"['1', '2'] {devices}\n"
    assert (
        len(run("import os; len([p for p in os.listdir('/proc') if p.isdigit()])", spec=without("pid")).text)
        > 0
    )
    assert (
        int(run("import os; len([p for p in os.listdir('/proc') if p.isdigit()])", spec=without("pid")).text)
        > 2
    )


def test_the_first_process_is_out_of_reach() -> None:
    code = (
        "import os, signal\n"
        "for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGINT, signal.SIGTERM):\n"
        "    try: os.kill(1, number)\n"
        "    except PermissionError: print('no', end=' ')\n"
        "for name in ('mem', 'environ', 'maps', 'root', 'fd/0'):\n"
        "    try: open('/proc/1/' + name, 'rb').read(1); print('read', name)\n"
        "    except OSError: print('no', end=' ')"
    )
    ran = run(code, "'still here'")
    assert ran.texts == ["no " * 9, "'still here'"]
    assert ran.why is None


def test_the_first_process_cannot_be_starved() -> None:
    code = (
        "import os, resource\n"
        "attempts = {\n"
        "    'limits': lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0)),\n"
        "    'scheduler': lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)),\n"
        "    'processors': lambda: os.sched_setaffinity(1, {0}),\n"
        "    'priority': lambda: os.setpriority(os.PRIO_PROCESS, 1, 19),\n"
        "    'priority of its user': lambda: os.setpriority(os.PRIO_USER, 0, 19),\n"
        "    'priority of its group': lambda: os.setpriority(os.PRIO_PGRP, 1, 19),\n"
        "    'score': lambda: open('/proc/1/oom_score_adj', 'w').write('1000')}\n"
        "for name, attempt in attempts.items():\n"
        "    try: attempt(); print(name)\n"
        "    except PermissionError: pass\n"
        "own = os.getpriority(os.PRIO_PROCESS, 0); os.setpriority(os.PRIO_PROCESS, 0, own + 1); "
        "os.sched_setaffinity(0, os.sched_getaffinity(0)); os.nice(1) - own"
    )
    assert (run(code).text, run(code).error) == ("2", "")
    # The rights that the first process keeps over the session protect the rest of it already.
    attempts = code.replace("(0, 0)", "(99, 99)").rpartition("\n")[0]
    assert run(attempts, spec=without("seccomp")).text.startswith("limits\n")


def test_nothing_of_the_graders_environment_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, gc, glob\n"
        "found = [name for name in glob.glob('/proc/[0-9]*/environ') + ['/proc/self/cmdline']\n"
        "         if os.access(name, os.R_OK) and b'canary' in open(name, 'rb').read()]\n"
        "print(found, [key for key, value in os.environ.items() if 'canary' in key + value])\n"
        "graders = ('autograder.grading', 'autograder.course', 'pydantic', 'pytest')\n"
        "print([m for m in __import__('sys').modules if m.startswith(graders)])"
    )
    script = (
        "import sys; sys.path.insert(0, 'tests/engine')\nfrom sandboxing import run\n"
        f"print(run({code!r}).text)"
    )
    environment = {**os.environ, "TOKEN": CANARY}
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == ["[]", "[]", "[]"]


def test_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind("\0autograder-test-" + os.urandom(4).hex())
        local.listen()
        port, name = server.getsockname()[1], local.getsockname()
        code = (
            "import socket\n"
            f"for family, address in ((socket.AF_INET, ('127.0.0.1', {port})), (socket.AF_UNIX, {name!r}),\n"
            "                         (socket.AF_INET, ('192.0.2.1', 80))):\n"
            "    s = socket.socket(family); s.settimeout(1)\n"
            "    try: s.connect(address); print('connected', end=' ')\n"
            "    except OSError as error: print('refused', end=' ')\n"
            "try: socket.getaddrinfo('example.org', 80)\n"
            "except OSError: print('no names')"
        )
        assert run(code).text == "refused refused refused no names\n"
        assert run(code, spec=without("net", "landlock")).text.startswith("connected connected ")
        assert run(code, spec=without("net")).text.startswith("refused refused ")  # the second wall


def test_the_user_is_nobody_and_has_no_rights() -> None:
    code = (
        "import os\n"
        "lines = dict(line.split(':\\t', 1) for line in open('/proc/self/status') if ':\\t' in line)\n"
        "sets = {int(lines['Cap' + which], 16) for which in ('Prm', 'Eff', 'Bnd', 'Inh', 'Amb')}\n"
        "flags = lines['NoNewPrivs'].strip(), lines['Seccomp'].strip(), os.uname().nodename\n"
        "print(os.getuid(), os.getgid(), os.getgroups(), sets, *flags)"
    )
    assert run(code).text == "1000 1000 [] {0} 1 2 sandbox\n"
    assert "{0}" not in run(code, spec=without("capabilities")).text
    assert " 1 0 sandbox" in run(code, spec=without("seccomp")).text
    assert "sandbox" not in run(code, spec=without("uts")).text


@pytest.mark.skipif(os.geteuid() != 0, reason="sessions have users of their own only if the grader is root")
def test_two_sessions_of_root_are_two_users_and_neither_is_root() -> None:
    code = "print(open('/proc/self/uid_map').read().split()[1])"
    with sandbox() as (first, _), sandbox() as (second, _):
        ids = {int(run_cell(client, code)) for client in (first, second)}
    assert len(ids) == 2
    assert min(ids) > FIRST_SESSION_ID


CALLS = {  # number on x86_64, arguments; what an unprivileged process gets without the filter
    "ptrace": (101, "0, 0, 0, 0"),
    "process_vm_readv": (310, "2, 0, 0, 0, 0, 0"),
    "personality": (135, "0x0040000"),
    "unshare": (272, "0x10000000"),
    "clone with a user namespace": (56, "0x10000000 | 17, 0, 0, 0, 0"),
    "mount": (165, "0, 0, 0, 0, 0"),
    "keyctl": (250, "0, -3, 1"),
    "add_key": (248, "0, 0, 0, 0, 0"),
    "io_uring_setup": (425, "1, 0"),
    "userfaultfd": (323, "1"),
    "bpf": (321, "0, 0, 0"),
    "perf_event_open": (298, "0, 0, -1, -1, 0"),
    "pidfd_getfd": (438, "0, 0, 0"),
    "kcmp": (312, "2, 2, 0, 0, 0"),
    "memfd_create": (319, "b'x', 0"),
    "shmget": (29, "0, 4096, 0o1600"),
    "msgget": (68, "0, 0o1600"),
    "netlink audit socket": (41, "16, 3, 9"),
    "packet socket": (41, "17, 3, 0"),
    "vsock socket": (41, "40, 1, 0"),
    "socket of the kernel's ciphers": (41, "38, 5, 0"),
    "multipath socket": (41, "2, 1, 262"),
    "light datagram socket": (41, "10, 2, 136"),
    "open_by_handle_at": (304, "0, 0, 0"),
    "open_tree": (428, "-100, b'/', 0"),
    "fsopen": (430, "b'tmpfs', 0"),
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
def test_system_calls_that_no_notebook_needs_are_denied() -> None:
    code = (
        "import ctypes, errno\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"for name, (number, arguments) in {CALLS!r}.items():\n"
        "    ctypes.set_errno(0)\n"
        "    if eval(f'libc.syscall({number}, {arguments})') == 0 and 'clone' in name: libc._exit(0)\n"
        "    print(name, errno.errorcode.get(ctypes.get_errno(), 'done'), sep=': ')"
    )
    answers = dict(line.split(": ") for line in run(code).text.splitlines())
    assert answers.keys() == CALLS.keys()
    absent = {"memfd_create", "shmget", "msgget"}
    assert {name: answer for name, answer in answers.items() if answer != "EPERM"} == dict.fromkeys(
        absent, "ENOSYS"
    )
    # Without the filter, several of them do what they say.
    open_calls = {name: CALLS[name] for name in ("personality", "memfd_create", "shmget", "keyctl")}
    code = code.replace(repr(CALLS), repr(open_calls))
    assert run(code, spec=without("seccomp")).text.count("done") == len(open_calls)


def test_nothing_passes_from_one_session_to_the_next() -> None:
    leave = (
        "import os, subprocess\n"
        "for folder in ('/tmp', '/dev/shm', '/home/student', '.'): open(folder + '/left', 'w').write('x')\n"
        "subprocess.Popen(['sleep', '600'], start_new_session=True)"
    )
    look = (
        "import os\n"
        "left = [f for f in ('/tmp', '/dev/shm', '/home/student', '.') if os.path.exists(f + '/left')]\n"
        "print(left, [p for p in os.listdir('/proc') if p.isdigit()])"
    )
    run(leave)
    assert run(look).text == "[] ['1', '2']\n"


def test_no_process_outlives_its_session() -> None:
    marker = f"98{os.getpid()}"
    escape = (
        "import os, signal, subprocess\n"
        "for number in (signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        f"    if os.fork() == 0: os.execvp('sleep', ['sleep', '{marker}'])\n"
        "    os._exit(0)\n"
        "import time\n"
        f"while not any(open(f'/proc/{{p}}/cmdline').read().endswith('{marker}\\0')"
        " for p in os.listdir('/proc') if p.isdigit()): time.sleep(0.01)"
    )
    with sandbox() as (client, _):
        run_cell(client, escape)
        assert _commands(marker)
    assert not _commands(marker)


def _commands(marker: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker in path.read_text():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


# What CUDA's driver does while it starts: it names a thread of its own.
NAMES_A_THREAD = """
import os, subprocess, sys, threading, time

def tries(path):
    try:
        open(path, "w").write("named")
        return "named"
    except OSError as error:
        return error.strerror

done = threading.Event()
thread = threading.Thread(target=done.wait)
thread.start()
own = tries(f"/proc/self/task/{thread.native_id}/comm")
done.set()
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
other = tries(f"/proc/{child.pid}/task/{child.pid}/comm")
child.communicate(b"\\n")
print(own, other, tries("/proc/self/coredump_filter"), sep=", ", end="")
"""


def test_a_session_with_a_gpu_may_name_its_threads_and_write_nothing_else_in_proc() -> None:
    gpu = Gpu("GPU-none", "None")
    denied = "Permission denied"
    assert run(NAMES_A_THREAD).text == ", ".join([denied] * 3)
    spec = SandboxSpec(limits=limits(), gpu=gpu)
    assert run(NAMES_A_THREAD, spec=spec).text == ", ".join(["named", denied, denied])
