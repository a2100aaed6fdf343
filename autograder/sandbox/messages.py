"""Small JSON messages with file descriptors, over a Unix socket that keeps message boundaries."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

MAX_BYTES = 256 * 1024
MAX_FDS = 16


def send(channel: socket.socket, message: dict[str, Any], fds: tuple[int, ...] = ()) -> None:
    """Send one message and its descriptors. Raises OSError, e.g. BrokenPipeError when the other end is gone."""
    data = json.dumps(message).encode()
    if len(data) > MAX_BYTES:
        raise ValueError(f"message of {len(data)} bytes; at most {MAX_BYTES}")
    if fds:
        socket.send_fds(channel, [data], list(fds), socket.MSG_NOSIGNAL)
    else:
        channel.send(data, socket.MSG_NOSIGNAL)


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The next message and its descriptors (not inheritable). Raises EOFError at the end, TimeoutError,
    OSError.
    """
    data, fds, _, _ = socket.recv_fds(channel, MAX_BYTES, MAX_FDS, socket.MSG_CMSG_CLOEXEC)
    if not data:
        for fd in fds:
            os.close(fd)
        raise EOFError("the other end has closed")
    return json.loads(data), fds


def pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
