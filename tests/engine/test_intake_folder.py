"""submitted/<student>/<assignment>/ -> submissions: every trouble is one student's page and never stops the batch."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import intake_samples as samples
import pytest
from intake_samples import hand_in, make_course, ordinary

from autograder.course import Course, CourseError
from autograder.intake import (
    Partners,
    Rejected,
    RejectedSubmission,
    Roster,
    RosterError,
    Submission,
    handed_in,
    read,
    submission_from_file,
    submissions,
    text,
)
from autograder.intake import timestamps as times
from autograder.intake.names import check_student_id


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path / "course")


def taken(course: Course, student: str) -> Submission:
    found = read(course, "a1", student)
    assert isinstance(found, Submission), found
    return found


def rejected(course: Course, student: str) -> Rejected:
    found = read(course, "a1", student)
    assert isinstance(found, Rejected)
    return found


def test_a_class_of_good_odd_and_hostile_hand_ins(course: Course) -> None:
    odd = samples.odd_but_gradable()
    cheap = [name for name in samples.cannot_be_graded() if "million" not in name and "MB" not in name]
    for number, content in enumerate(odd.values()):
        hand_in(course, f"odd{number:03}", content)
    for number, name in enumerate(cheap):
        hand_in(course, f"bad{number:03}", samples.cannot_be_graded()[name]())
    hand_in(course, "anna", ordinary())
    found = submissions(course, "a1")
    assert [one.student for one in found] == sorted(one.student for one in found)
    assert {one.student for one in found if isinstance(one, Submission)} == {
        "anna",
        *(f"odd{number:03}" for number in range(len(odd))),
    }
    assert sum(isinstance(one, Rejected) and bool(one.sentence) for one in found) == len(cheap)


def test_one_assignment_is_not_another(course: Course) -> None:
    hand_in(course, "anna", ordinary())
    assert handed_in(course, "a1") == ["anna"]
    assert submissions(course, "a2") == []
    with pytest.raises(CourseError):
        submissions(course, "../a1")


def test_nothing_handed_in_is_no_error(course: Course) -> None:
    assert submissions(course, "a1") == []


def test_another_name_is_taken_if_it_is_the_only_notebook(course: Course) -> None:
    hand_in(course, "anna", ordinary(), "Anna's a1 (2).ipynb")
    one = taken(course, "anna")
    assert one.path.endswith("Anna's a1 (2).ipynb")
    assert "instead of “a1.ipynb”" in one.notices[0]


def test_of_several_notebooks_only_the_right_name_is_taken(course: Course) -> None:
    hand_in(course, "anna", ordinary("return 1"), "a1.ipynb")
    hand_in(course, "anna", ordinary("return 2"), "draft.ipynb")
    assert "return 1" in taken(course, "anna").notebook
    assert "draft.ipynb" in taken(course, "anna").notices[0]
    hand_in(course, "bert", ordinary(), "x.ipynb")
    hand_in(course, "bert", ordinary(), "y.ipynb")
    assert "2 notebooks" in rejected(course, "bert").sentence


def test_no_notebook_says_what_was_there(course: Course) -> None:
    hand_in(course, "anna", b"%PDF-1.7", "a1.pdf")
    assert "“a1.pdf”" in rejected(course, "anna").sentence
    hand_in(course, "bert", None)
    assert "empty" in rejected(course, "bert").sentence


def test_hidden_files_and_companions_are_ignored(course: Course) -> None:
    folder = hand_in(course, "anna", ordinary())
    hand_in(course, "anna", ordinary("return 2"), ".a1-checkpoint.ipynb")
    (folder / ".ipynb_checkpoints").mkdir()
    hand_in(course, "anna", b"import os", "numpy.py")
    one = taken(course, "anna")
    assert "return x + 1" in one.notebook
    assert one.notices == ("Only “a1.ipynb” was graded. “numpy.py” was not looked at.",)


@pytest.mark.parametrize("kind", ["link", "hanging link", "folder", "pipe", "socket", "loop"])
def test_what_poses_as_the_notebook_is_never_opened(
    course: Course, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = hand_in(course, "anna", None) / "a1.ipynb"
    if kind == "link":
        (tmp_path / "secret.ipynb").write_bytes(ordinary("return 'secret'"))
        place.symlink_to(tmp_path / "secret.ipynb")
    elif kind == "hanging link":
        place.symlink_to(tmp_path / "nowhere")
    elif kind == "loop":
        place.symlink_to(place)
    elif kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        monkeypatch.chdir(place.parent)  # a socket's path is short
        with socket.socket(socket.AF_UNIX) as end:
            end.bind("a1.ipynb")
    assert "not a regular file" in rejected(course, "anna").sentence


def test_links_on_the_way_are_not_followed(course: Course, tmp_path: Path) -> None:
    hand_in(course, "bert", ordinary("return 'from Bert'"))
    (course.submitted / "anna").symlink_to(course.submitted / "bert")
    (course.submitted / "chen").mkdir()
    (course.submitted / "chen" / "a1").symlink_to(course.submitted / "bert" / "a1")
    assert handed_in(course, "a1") == ["anna", "bert", "chen"]
    assert [type(one) for one in submissions(course, "a1")] == [Rejected, Submission, Rejected]


def test_a_file_exchanged_for_a_pipe_after_it_was_listed_is_refused_and_not_waited_for(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = hand_in(course, "anna", ordinary())
    honest = os.open

    def exchange(path: str, flags: int, *args: int, **kwargs: int) -> int:
        if path == "a1.ipynb":
            (folder / "a1.ipynb").unlink()
            os.mkfifo(folder / "a1.ipynb")
        return honest(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", exchange)
    assert "a named pipe" in rejected(course, "anna").sentence


def test_a_large_file_is_refused_by_its_size_unread(course: Course) -> None:
    folder = hand_in(course, "anna", None)
    with (folder / "a1.ipynb").open("wb") as file:
        file.truncate(text.MOST_BYTES + 1)  # sparse: it takes no room
    assert "51 MB large; at most 50 MB" in rejected(course, "anna").sentence


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_gets_a_sentence(course: Course) -> None:
    folder = hand_in(course, "anna", ordinary())
    (folder / "a1.ipynb").chmod(0)
    assert "may not be read" in rejected(course, "anna").sentence


def test_a_denied_file_gets_a_sentence_whoever_runs_this(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(course, "anna", ordinary())
    hand_in(course, "bert", ordinary())
    honest, denied = os.open, []

    def deny_once(path: str, flags: int, *args: int, **kwargs: int) -> int:
        if path == "a1.ipynb" and not denied:
            denied.append(path)
            raise PermissionError(13, "Permission denied")
        return honest(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", deny_once)
    anna, bert = submissions(course, "a1")
    assert isinstance(anna, Rejected)
    assert "may not be read" in anna.sentence
    assert isinstance(bert, Submission)


@pytest.mark.parametrize(
    "student",
    [
        "-rf",
        "a*",
        "a?b",
        "a[b]",
        "a\nb",
        "a\x1bb",
        "a\u202eb",
        "a\u200bb",
        " anna",
        "a:b",
        "x" * 101,
        "~root",
        "a\\b",
        "\U0001f600" * 60,  # of 240 bytes: <id>.json would be too long for a file's name
        "index.html",  # would stand where the class page is to be written
        "Grades.CSV",
        "anna\ufe0f",
        "an\u3164na",
    ],
)
def test_hostile_student_names_get_a_page_that_can_be_shown(course: Course, student: str) -> None:
    hand_in(course, student, ordinary())
    [one] = submissions(course, "a1")
    assert isinstance(one, Rejected)
    assert "student id" in one.sentence
    assert check_student_id(one.student) == one.student
    assert one.sentence.isprintable()


def test_two_hostile_names_have_two_pages(course: Course) -> None:
    for student in ("x" * 101, "x" * 102, "x\u200b"):
        hand_in(course, student, ordinary())
    assert len({one.student for one in submissions(course, "a1")}) == 3


@pytest.mark.parametrize("student", ["anna", "a.b@example.org", "müller", "a+b", "12345", "王伟", "o'neil"])
def test_usual_student_names_are_taken(course: Course, student: str) -> None:
    hand_in(course, student, ordinary())
    assert taken(course, student).student == student


def test_hidden_folders_and_files_beside_the_students_are_no_hand_ins(course: Course) -> None:
    hand_in(course, ".older", ordinary())
    (course.submitted / "README.txt").write_text("x")
    assert handed_in(course, "a1") == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-05-04 21:59:00.123456 UTC", datetime(2026, 5, 4, 21, 59, 0, 123456, UTC)),
        ("2026-05-04 21:59:00.000000 Europe/Berlin\n", datetime(2026, 5, 4, 19, 59, tzinfo=UTC)),
        ("2026-05-04 21:59:00 CEST", datetime(2026, 5, 4, 19, 59, tzinfo=UTC)),
        ("2026-10-25 02:30:00 CEST", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25 02:30:00 CET", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("2026-05-04 21:59:00 +0200", datetime(2026, 5, 4, 19, 59, tzinfo=UTC)),
        ("2026-05-04T21:59:00-05:00", datetime(2026, 5, 5, 2, 59, tzinfo=UTC)),
        ("2026-05-04T21:59:00Z", datetime(2026, 5, 4, 21, 59, tzinfo=UTC)),
        ("2026-05-04 21:59:00", datetime(2026, 5, 4, 21, 59, tzinfo=UTC)),
        ("2026-05-04-21-59-00", datetime(2026, 5, 4, 21, 59, tzinfo=UTC)),
        ("\ufeff2026-05-04 21:59:00.5 UTC\r\n", datetime(2026, 5, 4, 21, 59, 0, 500000, UTC)),
    ],
)
def test_timestamps_as_nbgrader_and_people_write_them(course: Course, written: str, meant: datetime) -> None:
    (hand_in(course, "anna", ordinary()) / "timestamp.txt").write_text(written, encoding="utf-8")
    one = taken(course, "anna")
    assert one.submitted_at == meant
    assert one.notices == ()


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "2026-13-45", "1980-01-01 00:00:00", "9999-12-31 23:59:59 -1200", "x" * 5000, "7",
     "2026-05-04 21:59:00 ../../etc/passwd", "2026-05-04 21:59:00 +9999", "2026-05-04 21:59:00 Mars/Olympus"],
)  # fmt: skip
def test_a_broken_timestamp_is_a_notice_and_no_rejection(course: Course, written: str) -> None:
    (hand_in(course, "anna", ordinary()) / "timestamp.txt").write_text(written)
    one = taken(course, "anna")
    assert one.submitted_at is None
    assert "not known" in one.notices[0]


def test_a_timestamp_that_is_a_link_is_not_followed(course: Course, tmp_path: Path) -> None:
    (tmp_path / "early").write_text("2026-01-01 00:00:00 UTC")
    (hand_in(course, "anna", ordinary()) / "timestamp.txt").symlink_to(tmp_path / "early")
    assert taken(course, "anna").submitted_at is None


def test_what_is_written_is_what_nbgrader_reads() -> None:
    from nbgrader.utils import parse_utc

    moment = datetime(2026, 5, 4, 21, 59, 1, 250, UTC)
    assert parse_utc(times.write(moment)) == moment.replace(tzinfo=None)
    assert times.parse(times.write(moment)) == moment


def test_groups_come_from_the_roster_or_from_a_list(course: Course) -> None:
    hand_in(course, "anna", ordinary())
    hand_in(course, "chen", ordinary())
    assert [one.group for one in submissions(course, "a1")] == [("anna", "bert"), ("chen",)]
    listed = submissions(course, "a1", groups=[("chen", "anna")])
    assert [one.group for one in listed] == [("anna", "chen"), ("anna", "chen")]
    with pytest.raises(ValueError, match="two groups"):
        Partners(course, [("anna", "bert"), ("bert", "chen")])
    with pytest.raises(ValueError, match="a group of 3"):
        Partners(course, [("anna", "bert", "chen")])


def test_members_with_the_same_file_have_the_same_digest(course: Course) -> None:
    hand_in(course, "anna", ordinary())
    hand_in(course, "bert", ordinary())
    hand_in(course, "chen", ordinary("return 3"))
    digests = [one.content_digest() for one in submissions(course, "a1") if isinstance(one, Submission)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("roster", "says"),
    [
        (
            "name;e-mail\nanna;a@b\n",
            "line 1: “name;e-mail” must name the columns, with “id”.*email, first_name",
        ),
        ("id,email,e-mail\na,b,c\n", "column “email” is named more than once"),
        ("id\nanna\nANNA\n", "line 3"),
        ("id\nmu\u0308ller\nm\u00fcller\n", "line 3"),
        ("id,email\nanna,a@b,c\n", "line 2: 3 fields"),
        ("id\n../x\n", "line 2"),
        ('id\n"anna\n', "not CSV"),
        ("id,group\na,g\nb,g\nc,g\n", "3 members"),
    ],
)
def test_a_roster_that_cannot_be_used_says_where(tmp_path: Path, roster: str, says: str) -> None:
    with pytest.raises(RosterError, match=says):
        Roster.of(make_course(tmp_path, roster))


def test_names_in_the_roster_are_one_line_of_what_can_be_seen(tmp_path: Path) -> None:
    """Moodle lets students write their names; a terminal, a database and tables get them."""
    roster = (
        f'id,first_name,last_name,group\nanna,"A\x00n\nna\x1b[2J","\u202eM\u00ad{"x" * 1000}",g\u200bh\x9b\n'
    )
    [anna] = Roster.of(make_course(tmp_path, roster))
    assert anna.first_name == "A n na [2J"
    assert anna.last_name == "M" + "x" * 127
    assert anna.group == "gh"


def test_a_roster_from_a_german_spreadsheet(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    (tmp_path / "roster.csv").write_bytes(
        "\ufeffID;First Name;Last Name;Matrikel\r\nanna;Anna;Müller;17\r\n;;;\r\n".encode()
    )
    [anna] = Roster.of(course)
    assert (anna.id, anna.name) == ("anna", "Anna Müller")


def test_a_roster_with_german_column_names(tmp_path: Path) -> None:
    course = make_course(tmp_path, "ID;Vorname;Nachname;E-Mail-Adresse\nanna;Anna;Müller;a@b.de\n")
    [anna] = Roster.of(course)
    assert (anna.name, anna.email) == ("Anna Müller", "a@b.de")


def test_a_single_file(tmp_path: Path) -> None:
    (tmp_path / "any name.ipynb").write_bytes(ordinary())
    (tmp_path / "link.ipynb").symlink_to("any name.ipynb")
    one = submission_from_file(tmp_path / "any name.ipynb", "a1")
    assert one.notebook == submission_from_file(tmp_path / "link.ipynb", "a1", "anna").notebook
    for wrong in ("nothing.ipynb", "."):
        with pytest.raises(RejectedSubmission):
            submission_from_file(tmp_path / wrong, "a1")
