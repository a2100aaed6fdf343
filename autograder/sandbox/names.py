"""Names that the grader's side and the sandbox's side share. Imports nothing: the warm parent loads it early."""

from __future__ import annotations

HOME = "/home/student"
SCRATCH = f"{HOME}/work"  # the kernel's working directory

# Every layer of isolation that a session applies. Tests switch single ones off to show what each is for.
LAYERS = (
    "user", "mount", "pid", "net", "ipc", "uts", "cgroup",
    "capabilities", "seccomp", "landlock", "rlimits", "watchdog",
)  # fmt: skip

# The kernel's channels; the position gives the port number, counted from 1, in its socket's path.
CHANNELS = ("shell", "iopub", "stdin", "hb", "control")

# Unprivileged ids for the sessions of a grader that is root: this plus the session's process id.
FIRST_SESSION_ID = 1_900_000_000
