"""The progress of a run over a class, live, on stderr: done, failed, who is being graded, rate, time left."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from autograder.cli.console import err

_MOST_NAMES = 4


class RunProgress:
    """A context manager. `total` is how many are to be graded; `hidden`: nothing is shown."""

    def __init__(self, title: str, total: int, *, hidden: bool) -> None:
        self.done = 0
        self._failed = 0
        self._running: list[str] = []
        self._display = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]}{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[running]}", markup=False),
            console=err,
            disable=hidden,
            transient=True,
        )
        self._task = self._display.add_task(title, total=total, failed="", rate="", running="")

    def __enter__(self) -> Self:
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()

    def started(self, student: str) -> None:
        """A grader has got the student's hand-in."""
        self._running.append(student)
        self._show()

    def finished(self, student: str, *, failed: bool) -> None:
        """The student's grade is written, or the grader failed."""
        if student in self._running:
            self._running.remove(student)
        self.done += 1
        self._failed += failed
        self._display.advance(self._task)
        self._show()

    def _show(self) -> None:
        speed = self._display.tasks[0].speed  # of the last seconds
        names = ", ".join(self._running[:_MOST_NAMES])
        more = f" and {len(self._running) - _MOST_NAMES} more" if len(self._running) > _MOST_NAMES else ""
        self._display.update(
            self._task,
            failed=f"{self._failed} failed  " if self._failed else "",
            rate=f"{60 * speed:.0f}/min" if speed else "",
            running=f"grading {names}{more}" if names else "",
        )
