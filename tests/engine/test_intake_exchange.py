"""nbgrader's exchange: for honest hand-ins the same as `nbgrader collect`, for hostile ones a sentence."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from intake_samples import make_course, ordinary
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import parse_utc
from traitlets.config import Config

from autograder.course import Course
from autograder.intake import (
    ArchiveError,
    Rejected,
    Submission,
    collect_exchange,
    exchange,
    read,
    submissions,
)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / "exchange" / "dl" / "inbound").mkdir(parents=True)
    return make_course(tmp_path / "course", more="exchange: ../exchange\n")


def inbound(
    course: Course,
    student: str,
    when: str,
    content: bytes = b"",
    assignment: str = "a1",
    random: str = "+A1-_b2c3d4e5",
) -> Path:
    """A hand-in as `nbgrader submit` leaves it."""
    assert course.exchange is not None
    folder = course.exchange / "dl" / "inbound" / f"{student}+{assignment}+{when}{random}"
    folder.mkdir()
    (folder / f"{assignment}.ipynb").write_bytes(content or ordinary(f"return {when!r}"))
    (folder / "timestamp.txt").write_text(when)
    (folder / "submission_secret.txt").write_text(f"secret of {when}")
    return folder


def nbgraders_collect(course: Course) -> None:
    """Run nbgrader's own collection with `--update`."""
    config = Config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.course_id = "dl"
    config.CourseDirectory.assignment_id = "a1"
    config.Exchange.root = str(course.exchange)
    config.ExchangeCollect.update = True
    config.ExchangeCollect.check_owner = False
    folder = CourseDirectory(config=config)
    ExchangeCollect(coursedir=folder, authenticator=Authenticator(config=config), config=config).start()


def state(course: Course) -> dict[str, tuple[bytes, datetime, str]]:
    """Student -> notebook, time, secret of what is in submitted/."""
    found = {}
    for folder in sorted(course.submitted.glob("[!.]*/a1")):
        found[folder.parent.name] = (
            (folder / "a1.ipynb").read_bytes(),
            parse_utc((folder / "timestamp.txt").read_text().strip()),
            (folder / "submission_secret.txt").read_text(),
        )
    return found


def class_of_three(course: Course) -> None:
    inbound(course, "anna", "2026-05-04 09:00:00.000000 UTC")
    inbound(course, "anna", "2026-05-04 21:00:00.000000 UTC")
    inbound(course, "anna", "2026-05-05 08:00:00.000000 UTC", assignment="a2")
    inbound(course, "chen", "2026-05-04 10:00:00.000001 UTC")
    inbound(course, "bert+student", "2026-05-04 11:00:00.000000 UTC")


def test_both_collect_the_same(course: Course, tmp_path: Path) -> None:
    class_of_three(course)
    report = collect_exchange(course, "a1")
    ours = state(course)
    course.submitted.rename(tmp_path / "ours")
    nbgraders_collect(course)
    assert ours == state(course)
    assert {one.student: one.outcome for one in report.taken} == dict.fromkeys(
        ["anna", "bert+student", "chen"], "new"
    )
    assert b"21:00" in ours["anna"][0]


def test_each_leaves_alone_what_the_other_collected(course: Course) -> None:
    class_of_three(course)
    collect_exchange(course, "a1")
    ours = state(course)
    nbgraders_collect(course)
    assert state(course) == ours
    assert {one.outcome for one in collect_exchange(course, "a1").taken} == {"unchanged"}


def test_a_later_hand_in_of_the_same_work_counts_as_later_for_both(course: Course, tmp_path: Path) -> None:
    same = ordinary()
    inbound(course, "anna", "2026-05-04 09:00:00.000000 UTC", same)
    collect_exchange(course, "a1")
    inbound(course, "anna", "2026-05-04 10:00:00.000000 UTC", same)
    assert collect_exchange(course, "a1").taken[0].outcome == "updated"
    ours = state(course)
    course.submitted.rename(tmp_path / "ours")
    nbgraders_collect(course)
    assert state(course) == ours


def test_the_names_that_nbgrader_gives_without_random_letters(course: Course) -> None:
    inbound(course, "anna", "2026-05-04 09:00:00.000000 UTC", random="")
    inbound(course, "a+b", "2026-05-04 09:00:00 +0200", random="")
    collect_exchange(course, "a1")
    assert [one.student for one in submissions(course, "a1")] == ["a+b", "anna"]
    found = read(course, "a1", "a+b")
    assert found.submitted_at == datetime(2026, 5, 4, 7, 0, tzinfo=UTC)


def test_a_link_hands_in_nobody_elses_work(course: Course) -> None:
    """nbgrader copies what a link points to, with the instructor's rights."""
    theirs = inbound(course, "bert", "2026-05-04 09:00:00.000000 UTC", ordinary("return 'Bert'"))
    mine = inbound(course, "anna", "2026-05-04 09:00:00.000000 UTC")
    (mine / "a1.ipynb").unlink()
    (mine / "a1.ipynb").symlink_to(theirs / "a1.ipynb")
    (mine.parent / "chen+a1+2026-05-04 09:00:00.000000 UTC+x").symlink_to(theirs)
    report = collect_exchange(course, "a1")
    assert [one.student for one in report.taken] == ["bert"]
    assert sorted(one.name[:4] for one in report.refused) == ["anna", "chen"]
    assert all("symbolic link" in one.sentence for one in report.refused)
    assert [one.student for one in submissions(course, "a1")] == ["bert"]


def test_hostile_names_stop_nobody(course: Course) -> None:
    for name in ("a\x1bb", "a*", "-x", ".."):
        inbound(course, name, "2026-05-04 09:00:00.000000 UTC")
    inbound(course, "anna", "no time at all")
    inbound(course, "chen", "2026-05-04 09:00:00.000000 UTC")
    (course.exchange or Path()).joinpath("dl", "inbound", "stray file").write_text("x")
    report = collect_exchange(course, "a1")
    assert [one.student for one in report.taken] == ["chen"]
    assert len(report.refused) == 5
    assert all(one.sentence.isprintable() and one.name.isprintable() for one in report.refused)


def test_a_broken_notebook_is_collected_and_gets_its_page(course: Course) -> None:
    inbound(course, "anna", "2026-05-04 09:00:00.000000 UTC", b"no notebook")
    collect_exchange(course, "a1")
    assert isinstance(read(course, "a1", "anna"), Rejected)


def test_a_folder_of_somebody_else_is_named(course: Course) -> None:
    import pwd

    inbound(course, "anna", "2026-05-04 09:00:00.000000 UTC")
    inbound(course, pwd.getpwuid(os.getuid()).pw_name, "2026-05-04 09:00:00.000000 UTC")
    notices = {one.student: one.notices for one in collect_exchange(course, "a1").taken}
    assert "belongs to" in notices.pop("anna")[0]
    assert list(notices.values()) == [()]


def test_what_others_put_there_does_not_replace_a_students_own_hand_in(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nbgrader takes the latest folder that bears the student's name, whoever put it into the exchange."""
    own = inbound(course, "anna", "2026-05-04 09:00:00.000000 UTC", ordinary("return 'own'"))
    forged = inbound(course, "anna", "2026-05-04 10:00:00.000000 UTC", ordinary("return 'forged'"))
    older = inbound(course, "anna", "2026-05-04 08:00:00.000000 UTC", ordinary("return 'older'"))
    owners = {own: "anna", forged: "mallory", older: "mallory"}
    by_place = {(path.stat().st_dev, path.stat().st_ino): owner for path, owner in owners.items()}
    monkeypatch.setattr(exchange, "_owner_of", lambda found: by_place[found.st_dev, found.st_ino])
    report = collect_exchange(course, "a1")
    assert [(one.student, one.source, one.notices) for one in report.taken] == [("anna", own.name, ())]
    [refused] = report.refused
    assert refused.name == forged.name
    assert "belongs to mallory" in refused.sentence
    assert "return 'own'" in (course.submitted / "anna" / "a1" / "a1.ipynb").read_text()
    monkeypatch.setattr(exchange, "_owner_of", lambda found: "everybody's account")
    [one] = collect_exchange(course, "a1").taken
    assert one.source == forged.name


def test_no_exchange_says_where_it_was_looked_for_and_what_to_do(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course", more="exchange: ../nowhere\n")
    with pytest.raises(
        ArchiveError, match=r"no folder .*nowhere/dl/inbound.*release_assignment a1.*collect a1 PATH"
    ):
        collect_exchange(course, "a1")


def test_an_honest_hand_in_can_be_graded(course: Course) -> None:
    inbound(course, "anna", "2026-05-04 09:00:00.000000 UTC")
    collect_exchange(course, "a1")
    found = read(course, "a1", "anna")
    assert isinstance(found, Submission)
    assert found.submitted_at == datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
