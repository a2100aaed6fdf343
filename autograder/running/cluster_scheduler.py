"""What runs inside Dask's scheduler, so that a run that was killed leaves no grader and no hidden test behind."""

from __future__ import annotations

import asyncio
import logging

from distributed import Scheduler, SchedulerPlugin

_log = logging.getLogger(__name__)


class Farewell(SchedulerPlugin):
    """Ends the graders of `run` when its client has gone without saying so."""

    def __init__(self, run: str, client: str) -> None:
        self.name = f"{run}-farewell"
        self._run = run
        self._client = client
        self._ending: asyncio.Task[None] | None = None

    def remove_client(self, scheduler: Scheduler, client: str) -> None:
        if client == self._client:
            self._ending = asyncio.get_running_loop().create_task(self._end(scheduler))

    async def _end(self, scheduler: Scheduler) -> None:
        if self._run in scheduler.worker_plugins:
            _log.warning("The run %s has gone; its graders are ended.", self._run)
            await scheduler.unregister_worker_plugin(None, name=self._run)
        await scheduler.unregister_scheduler_plugin(self.name)
