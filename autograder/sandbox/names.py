"""Names that the grader's side and the sandbox's side share. Imports nothing: the warm parent loads it early."""

from __future__ import annotations

HOME = "/home/student"
SCRATCH = f"{HOME}/work"  # the kernel's working directory

# Every layer of isolation that a session applies. Tests switch single ones off to show what each is for.
LAYERS = (
    "user", "mount", "pid", "net", "ipc", "uts", "cgroup",
    "capabilities", "seccomp", "landlock", "rlimits", "watchdog",
)  # fmt: skip

# It hides names only, and older kernels have none: grading does not stop for it.
NOT_REQUIRED = frozenset({"cgroup"})

# The kernel's channels; the position gives the port number, counted from 1, in its socket's path.
CHANNELS = ("shell", "iopub", "stdin", "hb", "control")

# Unprivileged user ids for the sessions of a grader that is root, above those that systems and containers give out.
FIRST_SESSION_ID = 1_900_000_000
SESSION_IDS = 200_000_000
