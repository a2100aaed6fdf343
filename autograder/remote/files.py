"""Files that a student's code wrote, as bytes. Runs in the student's process."""

from __future__ import annotations

import os
import stat

from autograder.remote.convert import TooMuch


def read_files(root: str, folder: str, max_files: int, max_bytes: int) -> dict[str, bytes]:
    """The regular files below `root/folder`, by their names relative to it, with `/` between folders.

    Links are not followed; whatever is no regular file is left out. A folder that is not there holds no
    files. More than `max_files` files or `max_bytes` bytes in all are `TooMuch`.
    """
    top = os.path.join(root, folder)
    contents: dict[str, bytes] = {}
    left = max_bytes
    for here, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(here, name)
            data = _regular(path, left + 1)
            if data is None:
                continue
            left -= len(data)
            if left < 0:
                raise TooMuch(f"the files in {folder} hold more than {max_bytes} bytes")
            if len(contents) == max_files:
                raise TooMuch(f"there are more than {max_files} files in {folder}")
            relative = os.path.relpath(path, top).replace(os.sep, "/")
            contents[os.fsencode(relative).decode("utf-8", "replace")] = data
    return contents


def _regular(path: str, most: int) -> bytes | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # a link, a socket, gone meanwhile
        return None
    with os.fdopen(fd, "rb") as file:
        return file.read(most) if stat.S_ISREG(os.fstat(fd).st_mode) else None
