"""A run's connection to Dask's scheduler: opened with what can go wrong said clearly, listened to, and closed."""

from __future__ import annotations

import ipaddress
import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from distributed import Client, Future
from distributed.security import Security

from autograder.course import Cluster
from autograder.running.cluster_error import ClusterError
from autograder.running.cluster_scheduler import Farewell

_CONNECT_S = 10.0
_GOODBYE_S = 15.0
_ADDRESS = re.compile(r"(?P<scheme>tcp|tls)://(?P<host>\[[0-9A-Fa-f:.]+\]|[^/:\[\]\s]+):(?P<port>\d{1,5})")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Report:
    """What a worker says of itself: how many gradings it runs at once, or why none."""

    worker: str
    slots: int
    refusal: str


@dataclass(frozen=True)
class Gone:
    """A worker has left the cluster."""

    worker: str


def connect(cluster: Cluster) -> Client:
    """A connection to the scheduler. Raises ClusterError."""
    address = cluster.address or ""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ClusterError(
            f"{address!r} is no scheduler's address; expected tcp://host:port or tls://host:port, as `dask scheduler` "
            "prints it."
        )
    if found["scheme"] == "tcp" and not _is_loopback(found["host"]):
        _log.warning(
            "%s is not encrypted: whoever can listen to this network reads hidden tests, hand-ins and the term secret, "
            "and whoever can reach the scheduler can run code on it. Use TLS; see docs/operators.md.",
            address,
        )
    try:
        return Client(
            address,
            timeout=_CONNECT_S,
            security=_security(cluster),
            set_as_default=False,
            name="autograder",
        )
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterError(
            f"No Dask scheduler answers at {address} ({_cause(error)}). Start one with `dask scheduler`, and see that "
            "this machine may reach it; for tls:// both sides need certificates (`cluster.tls` in course.yaml)."
        ) from error


def listen(client: Client, topic: str, tell: Callable[[Report | Gone], None]) -> None:
    """Tell, in the client's thread, what workers report on `topic` and which of them go away; from now on."""
    heard = threading.Event()

    def on_run(event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        if "worker" in message:
            tell(Report(**message))
        else:
            heard.set()

    def on_all(event: tuple[float, dict[str, Any]]) -> None:
        if event[1].get("action") == "remove-worker":
            tell(Gone(event[1]["worker"]))

    client.subscribe_topic("all", on_all)
    client.subscribe_topic(topic, on_run)
    while not heard.is_set():  # until the subscription is known to work: nothing may be missed
        client.log_event(topic, {"hello": client.id})
        heard.wait(0.2)


def watch_over(client: Client, run: str) -> None:
    """Have the scheduler end the run's graders if this process is killed."""
    try:
        client.register_plugin(Farewell(run, client.id))
    except (ImportError, ValueError) as error:  # it has no engine, or takes no code from clients
        _log.warning(
            "The scheduler cannot watch over this run (%s). Should it be killed, its graders stay until the workers "
            "are started again.",
            error,
        )


def say_goodbye(client: Client, run: str, pending: list[Future[Any] | None]) -> None:
    """Cancel what is pending, end the run's graders on all workers, and close the connection."""
    if client.status != "running":  # the scheduler has gone; there is nobody to tell
        client.close(timeout=_GOODBYE_S)
        return
    try:
        client.unsubscribe_topic("all")
        client.unsubscribe_topic(run)
        client.cancel([future for future in pending if future is not None], force=True)
        scheduler: Any = client.scheduler
        client.sync(scheduler.unregister_worker_plugin, name=run, callback_timeout=_GOODBYE_S)
        client.sync(scheduler.set_metadata, keys=[run], value=None, callback_timeout=_GOODBYE_S)
    except (OSError, ValueError, RuntimeError, TimeoutError, CancelledError, AttributeError) as error:
        _log.debug("The cluster could not be told that the run has ended: %s", error)
    client.close(timeout=_GOODBYE_S)


def _security(cluster: Cluster) -> Security | None:
    """TLS from course.yaml; None: what Dask's own configuration says."""
    if cluster.tls is None:
        return None
    return Security(
        require_encryption=True,
        tls_ca_file=str(cluster.tls.ca),
        tls_client_cert=str(cluster.tls.cert),
        tls_client_key=str(cluster.tls.key),
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _cause(error: BaseException) -> str:
    return str(error.__cause__ or error) or type(error).__name__
