"""Warm parents that several graders share, and kernels that are started ahead of time."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from sandboxing import limits, needs_full_isolation

from autograder import notebooks
from autograder.course import Course
from autograder.grading import warmth
from autograder.grading.engine import grade
from autograder.grading.grade import Grade
from autograder.grading.settings import GradingSettings
from autograder.intake import Submission
from autograder.sandbox import (
    SandboxError,
    SandboxProvisioner,
    SandboxSpec,
    WarmParent,
    kernel_manager,
    live,
    messages,
)
from autograder.sandbox.manager import SandboxKernelClient
from autograder.sandbox.watchdog import Watchdog

SPEC = SandboxSpec(limits=limits())


@pytest.fixture(scope="module")
def first() -> Iterator[WarmParent]:
    needs_full_isolation()
    with WarmParent("tensorflow") as parent:
        yield parent


def started(parent: WarmParent) -> SandboxProvisioner:
    manager = kernel_manager(SPEC, parent)
    client = NotebookClient(nbformat.v4.new_notebook(), km=manager)
    run_sync(client.async_start_new_kernel)()
    provisioner = manager.provisioner
    assert isinstance(provisioner, SandboxProvisioner)
    return provisioner


def ended(provisioner: SandboxProvisioner) -> bool:
    """Waits for its end; a session that does not end fails the test by its time-out."""
    run_sync(provisioner.wait)()
    return not provisioner.has_process


def test_graders_that_share_a_parent_have_their_own_sessions(first: WarmParent) -> None:
    second = WarmParent("tensorflow", joined=first.lend())
    assert second.layers == first.layers
    ours, theirs = started(first), started(second)
    second.close()
    assert ended(theirs)
    assert ours.has_process
    assert ours.process.alive()
    run_sync(ours.cleanup)()


def test_a_grader_whose_lent_parent_has_gone_starts_its_own() -> None:
    needs_full_isolation()
    with WarmParent("tensorflow") as lender:
        second = WarmParent("tensorflow", joined=lender.lend())
        theirs = started(second)
    assert ended(theirs)
    with second:
        again = started(second)
        assert again.process.alive()
        run_sync(again.cleanup)()


def test_the_folder_of_a_grader_that_was_killed_is_removed(first: WarmParent, tmp_path: Path) -> None:
    lent, note = first.lend(), tmp_path / "note"
    child = os.fork()
    if child == 0:
        second = WarmParent("tensorflow", joined=lent)
        assert second.layers
        note.write_text(second.session_prefix())
        os.kill(os.getpid(), signal.SIGKILL)
    lent.close()
    os.waitpid(child, 0)
    folder = Path(note.read_text()).parent
    for _ in range(3):  # the parent answers one request after another: the second has seen the grader go
        run_sync(started(first).cleanup)()
    assert not folder.exists()


@pytest.fixture
def more_to_come() -> Iterator[None]:
    warmth.expect_more(True)
    yield
    warmth.expect_more(False)
    warmth.drop_ready_kernel()


def graded(course: Course, code: str) -> Grade:
    notebook = notebooks.read(course.source("mini"))
    notebook.cells.append(new_code_cell(code))
    submission = Submission(assignment="mini", student="ada", notebook=nbformat.writes(notebook))
    return grade(submission, course, GradingSettings(isolation="weak"))


def printed(result: Grade) -> str:
    return str(nbformat.reads(result.notebook, as_version=4).cells[-1].outputs[0]["text"])


LEAVE_A_MARK = (
    "open('mark', 'w').close(); open('/tmp/mark', 'w').close(); import builtins; builtins.MARK = 1; print()"
)
SEE_MARKS = "import os, builtins\nprint(os.path.exists('mark'), os.path.exists('/tmp/mark'), hasattr(builtins, 'MARK'))"


def test_a_kernel_that_was_ready_serves_one_submission(mini_course: Course, more_to_come: None) -> None:
    assert graded(mini_course, LEAVE_A_MARK).score == 5.0
    [ready] = warmth._ready
    second = graded(mini_course, SEE_MARKS)
    assert second.score == 5.0
    assert printed(second).split() == ["False", "False", "False"]
    provisioner = ready._client.km.provisioner
    assert provisioner is None or not provisioner.has_process
    assert warmth._ready[0] is not ready


def test_a_kernel_that_was_ready_sees_the_same_random_numbers(
    mini_course: Course, more_to_come: None
) -> None:
    draw = (
        "import random, numpy, tensorflow\n"
        "print(random.random(), numpy.random.rand(), tensorflow.random.normal([]).numpy())"
    )
    first, second = graded(mini_course, draw), graded(mini_course, draw)
    assert printed(first) == printed(second)


def test_a_kernel_that_died_while_it_waited_is_replaced(mini_course: Course, more_to_come: None) -> None:
    graded(mini_course, "pass")
    [ready] = warmth._ready
    ready._start.result()
    session = ready._client.km.provisioner._session
    session.kill_first_process()
    assert graded(mini_course, "pass").score == 5.0


def test_a_kernel_of_other_limits_is_not_taken(mini_course: Course, more_to_come: None) -> None:
    graded(mini_course, "pass")
    [ready] = warmth._ready
    other = SandboxSpec(limits=limits(memory_mb=512))
    assert warmth.take_ready_kernel(other) is None
    assert not warmth._ready
    provisioner = ready._client.km.provisioner
    assert provisioner is None or not provisioner.has_process


def test_time_spent_waiting_does_not_count() -> None:
    watchdog = Watchdog(SPEC.limits.model_dump(), 100.0, os.getpid(), private_proc=False)
    watchdog._deadline = 0.0
    assert "100 s" in str(watchdog.exceeded())
    watchdog.begin()
    assert watchdog.exceeded() is None


def killing(course: Course, code: str) -> None:
    """Add a hidden test that runs `code`, in which `session` is the student's sandbox, and then asks a question."""
    tests = course.hidden_tests("mini") / "test_mini.py"
    test = (
        "\n\n@pytest.mark.item('average-values')\n"
        "def test_while_somebody_kills(context):\n"
        "    '''Somebody on this machine kills a process.'''\n"
        "    import os, select, signal\n"
        "    session = context.session()._provisioner._session\n"
        f"    {code}\n"
        "    context.session().student.moving_average([1.0, 2.0], 1)\n"
    )
    tests.write_text(tests.read_text(encoding="utf-8") + test, encoding="utf-8")


UNTIL_GONE = "select.select([session.fileno()], [], [])"
KILL_ONCE = (
    "mark = '{mark}'\n"
    "    if not os.path.exists(mark):\n"
    "        open(mark, 'w').close()\n"
    "        {kill}\n"
    "        {until_gone}"
)


def test_a_session_that_died_before_it_was_told_to_end_is_known_as_lost(first: WarmParent) -> None:
    provisioner = started(first)
    session = provisioner._session
    assert session is not None
    session.kill_first_process()
    select.select([session.fileno()], [], [])
    session.end()
    assert session.lost
    run_sync(provisioner.cleanup)()


def test_a_session_that_says_how_it_ended_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it says so in the moment in which the grader asks for its end."""
    ours, theirs = messages.pair()
    session = live.LiveSession(os.pidfd_open(os.getpid()), ours, own_processes=False)
    hung_up = live._hung_up

    def last_words(fd: int) -> bool:
        use = {"cpu_s": 1.0, "memory": 0, "processes": 1, "peak_memory": 0, "peak_processes": 1}
        messages.send(theirs, {"event": "exit", "reason": None, "code": -9, "use": use})
        theirs.close()
        return hung_up(fd)

    monkeypatch.setattr(live, "_hung_up", last_words)
    session.end()
    assert not session.lost
    session.close()


@pytest.mark.parametrize(
    "kill", ["session.kill_first_process()", "os.kill(context.session()._warm._process.pid, signal.SIGKILL)"]
)
def test_a_grading_in_which_somebody_kills_the_sandbox_is_made_again(
    mini_course: Course, tmp_path: Path, kill: str
) -> None:
    killing(mini_course, KILL_ONCE.format(mark=tmp_path / "killed", kill=kill, until_gone=UNTIL_GONE))
    assert graded(mini_course, "pass").score == 5.0
    assert (tmp_path / "killed").exists()


def test_a_grading_whose_kernel_dies_while_it_starts_is_made_again(
    mini_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait, killed = SandboxKernelClient.wait_for_ready, []

    async def first_killed(client: SandboxKernelClient, timeout: float | None = None) -> None:
        if not killed:
            process = warmth.warm_parent("tensorflow")._process
            assert process is not None
            process.kill()
            killed.append(process.wait())
        await wait(client, timeout)

    monkeypatch.setattr(SandboxKernelClient, "wait_for_ready", first_killed)
    assert graded(mini_course, "pass").score == 5.0
    assert killed


def test_a_sandbox_that_is_killed_every_time_gives_no_grade(mini_course: Course) -> None:
    killing(mini_course, f"session.kill_first_process(); {UNTIL_GONE}")
    with pytest.raises(SandboxError, match="ended by something else"):
        graded(mini_course, "pass")


def test_code_that_kills_its_own_process_costs_its_author_the_points(mini_course: Course) -> None:
    suicide = "import os\ndef moving_average(values, width):\n    os.kill(os.getpid(), 9)"
    result = graded(mini_course, suicide)
    assert {item.id: item.score for item in result.items}["average-values"] == 0.0
