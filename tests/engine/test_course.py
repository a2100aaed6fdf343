"""course.yaml: what it may say, what an assignment inherits, and how each mistake is named."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from autograder.course import Course, CourseError, LatePolicy

HEAD = "id: dl\ntitle: Deep Learning\nterm: 2026w\n"


@pytest.fixture(autouse=True)
def no_data_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOGRADER_DATA", raising=False)


def course(folder: Path, text: str) -> Course:
    (folder / "course.yaml").write_text(HEAD + text, encoding="utf-8")
    return Course.load(folder)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(CourseError) as caught:
        course(folder, text)
    return str(caught.value)


def test_due_is_local_time_with_its_zone(tmp_path: Path) -> None:
    due = course(tmp_path, "assignments: {a: {title: A, due: 2026-11-05 23:59}}").assignments["a"].due
    assert due == datetime(2026, 11, 5, 22, 59, tzinfo=UTC)


def test_due_in_summer_uses_summer_time(tmp_path: Path) -> None:
    due = course(tmp_path, "assignments: {a: {title: A, due: 2027-07-01 12:00}}").assignments["a"].due
    assert due == datetime(2027, 7, 1, 10, 0, tzinfo=UTC)


def test_an_hour_that_occurs_twice_means_the_later(tmp_path: Path) -> None:
    due = course(tmp_path, "assignments: {a: {title: A, due: 2026-10-25 02:30}}").assignments["a"].due
    assert due is not None
    assert due.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_assignment_inherits_what_it_does_not_say(tmp_path: Path) -> None:
    text = """
defaults:
  profile: torch
  limits: {notebook_s: 900, memory_mb: 2048}
  late: {grace_minutes: 5, penalty_per_day: 0.2}
assignments:
  a: {title: A}
  b: {title: B, profile: tensorflow, limits: {memory_mb: 8192}, late: {penalty_per_day: 0.5}}
"""
    loaded = course(tmp_path, text)
    a, b = loaded.assignments["a"], loaded.assignments["b"]
    assert (a.profile, a.limits.notebook_s, a.limits.memory_mb, a.limits.call_s) == ("torch", 900, 2048, 60)
    assert (b.profile, b.limits.notebook_s, b.limits.memory_mb) == ("tensorflow", 900, 8192)
    assert (b.late.grace_minutes, b.late.penalty_per_day) == (5, 0.5)
    assert (a.name, b.name) == ("a", "b")


def test_folders_lie_in_the_course(tmp_path: Path) -> None:
    loaded = course(tmp_path, "roster: people/roster.csv\ndata: {folder: sets}")
    assert loaded.source("a") == tmp_path / "source/a/a.ipynb"
    assert loaded.release("a") == tmp_path / "release/a/a.ipynb"
    assert loaded.hidden_tests("a") == tmp_path / "tests/hidden/a"
    assert loaded.roster == tmp_path / "people/roster.csv"
    assert loaded.data.folder == tmp_path / "sets"
    assert loaded.database_url == f"sqlite:///{tmp_path}/gradebook.db"


def test_data_variable_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path / "elsewhere"))
    assert course(tmp_path, "data: {folder: sets}").data.folder == tmp_path / "elsewhere"
    assert course(tmp_path, "").data.folder == tmp_path / "elsewhere"


def test_find_walks_up(tmp_path: Path) -> None:
    course(tmp_path, "")
    below = tmp_path / "source" / "a"
    below.mkdir(parents=True)
    assert Course.find(below).root == tmp_path


def test_course_travels(tmp_path: Path) -> None:
    loaded = course(tmp_path, "assignments: {a: {title: A, due: 2026-11-05 23:59, tracks: {5 CP: [x]}}}")
    assert pickle.loads(pickle.dumps(loaded)) == loaded
    assert Course.model_validate_json(loaded.model_dump_json()) == loaded


def test_required_items_of_a_track(tmp_path: Path) -> None:
    loaded = course(tmp_path, "assignments: {a: {title: A, tracks: {5 CP: [easy], 6 CP: [easy, study]}}}")
    a = loaded.assignments["a"]
    items = ["init", "easy", "study"]
    assert a.required("5 CP", items) == ("init", "easy")
    assert a.required("6 CP", items) == ("init", "easy", "study")
    assert a.required(None, items) == ("init", "easy", "study")
    with pytest.raises(CourseError, match="5 CP, 6 CP"):
        a.required("7 CP", items)


@pytest.mark.parametrize(
    ("text", "line", "parts"),
    [
        ("tem: 3", 4, ["tem", "allowed: id, title, term", "did you mean term?"]),
        ("assignments: {a: {title: A, limits: {cel_s: 3}}}", 4, ["assignments.a.limits.cel_s", "cell_s"]),
        ("assignments:\n  a:\n    title: A\n    due: 2026-11-05", 7, ["a.due", "'2026-11-05'", "23:59"]),
        ("assignments: {a: {title: A, due: 2026-13-05 10:00}}", 4, ["assignments.a.due", "1..12"]),
        ("assignments: {a: {title: A, due: 2027-03-28 02:30}}", 4, ["assignments.a.due", "skip"]),
        ("assignments: {a: {title: A, profile: jax}}", 4, ["profile", "'jax'", "'tensorflow' or 'torch'"]),
        ("assignments: {a: {title: A, limits: {cell_s: 700}}}", 4, ["cell_s (700.0)", "notebook_s (600.0)"]),
        ("assignments: {a: {}}", 4, ["assignments.a.title", "required"]),
        ("assignments: {../x: {title: A}}", 4, ["'../x'", "letters, digits"]),
        ("assignments: {a: {title: A}, A: {title: B}}", 4, ["a and A are one folder"]),
        ("assignments: {a: {title: A, data: {hand_out: [m], hold_back: [m]}}}", 4, ["m is both"]),
        ("assignments: {a: {title: A, limits: {threads: true}}}", 4, ["threads", "True"]),
        ("assignments: {a: {title: A, limits: {cpu_s: .inf}}}", 4, ["cpu_s", "finite"]),
        ("defaults: {limits: {cell_s: fast}}\nassignments: {a: {title: A}}", 4, ["defaults.limits.cell_s"]),
        ("groups: {max_size: 9}", 4, ["groups.max_size", "9", "less than or equal to 3"]),
        ("timezone: Europe/Nowhere", 4, ["timezone", "'Europe/Nowhere'", "Europe/Berlin"]),
        ("timezone: ../../etc/passwd", 4, ["timezone"]),
        ("isolation: none", 4, ["isolation", "'none'", "'full' or 'weak'"]),
        ("title: again", 4, ["title stands twice, on line 2"]),
        ("a: &x 1\nb: *x", 5, ["aliases"]),
        ("a: " + "[" * 30, 4, ["nested deeper"]),
        ("a: !!python/object/apply:os.system [true]", 4, ["not valid YAML"]),
        ("3: a", 4, ["the key 3 is not text"]),
        ("groups: 3", 4, ["groups: 3 is not allowed", "keys with values"]),
        ("assignments:", 4, ["assignments: nothing is not allowed", "keys with values"]),
        ("assignments: {a: {title: A, data: {hand_out: mnist}}}", 4, ["hand_out: 'mnist'", "a list"]),
        ("assignments: {a: {title: A, options: [x]}}", 4, ["a.options: ['x'] is not", "keys with values"]),
        ("roster: [x]", 4, ["roster: ['x'] is not allowed", "path of a file"]),
        ("gradebook: grades.db", 4, ["gradebook: 'grades.db'", "sqlite:///", "postgresql://"]),
        ("cluster: {address: 'head:8786'}", 4, ["cluster.address: 'head:8786'", "tls://host:port"]),
        ("groups:\n\tmax_size: 3", 5, ["tabs", "blanks"]),
        ("assignments: {}\nx: Deep Learning: an introduction", 5, ["quotes"]),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, line: int, parts: list[str]) -> None:
    message = refusal(tmp_path, text)
    assert message.startswith(f"{tmp_path}/course.yaml:{line}: ")
    for part in parts:
        assert part.lower() in message.lower()


def test_a_mistake_in_the_defaults_is_named_once(tmp_path: Path) -> None:
    text = "defaults: {limits: {cell_s: fast}}\nassignments: {a: {title: A, limits: {call_s: 1}}}"
    assert len(refusal(tmp_path, text).splitlines()) == 1


def test_a_number_where_text_belongs_says_to_quote_it(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_text("id: dl\ntitle: T\nterm: 2026\n")
    with pytest.raises(CourseError, match='put it in quotes: "2026"'):
        Course.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"- a", b"\xff\xfe", b"a: \x00", b"x" * 1_100_000, b"'unclosed"])
def test_a_file_that_is_no_course_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "course.yaml").write_bytes(content)
    with pytest.raises(CourseError, match=r"course\.yaml"):
        Course.load(tmp_path)


def test_no_course_here(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"there is no course\.yaml"):
        Course.find(tmp_path)
    with pytest.raises(CourseError, match="cannot be read"):
        Course.load(tmp_path)


@pytest.mark.parametrize("key", ["root: /", "assignments: {a: {title: A, name: b}}"])
def test_what_the_loader_sets_cannot_be_set(tmp_path: Path, key: str) -> None:
    assert "root" in refusal(tmp_path, key) or "name" in refusal(tmp_path, key)


def test_late_policy() -> None:
    policy = LatePolicy(grace_minutes=10, penalty_per_day=0.4, accept_days=2)
    due = datetime(2026, 11, 5, 23, 59, tzinfo=UTC)
    assert policy.share_kept(due, due + timedelta(minutes=10)) == 1.0
    assert policy.share_kept(due, due + timedelta(minutes=11)) == pytest.approx(0.6)
    assert policy.share_kept(due, due + timedelta(days=1, minutes=1)) == pytest.approx(0.2)
    assert policy.share_kept(due, due + timedelta(days=3)) == 0.0
    assert policy.share_kept(None, due) == policy.share_kept(due, None) == 1.0


def test_a_day_late_is_a_day_of_the_deadlines_clock() -> None:
    """In the night of 24 to 25 October 2026 a day has 25 hours in Berlin, and one of 27 to 28 March 2027 has 23."""
    policy = LatePolicy(grace_minutes=15, penalty_per_day=0.1)
    berlin = ZoneInfo("Europe/Berlin")
    for year, month, day in ((2026, 10, 24), (2027, 3, 27)):
        due = datetime(year, month, day, 23, 59, tzinfo=berlin)
        at = [due + timedelta(days=1), due + timedelta(days=1, minutes=1)]  # on the clock
        assert [policy.days_late(due, time) for time in at] == [1, 2]
        assert [policy.days_late(due, time.astimezone(UTC)) for time in at] == [1, 2]


def test_grace_in_the_hour_that_is_repeated() -> None:
    policy = LatePolicy(grace_minutes=15, penalty_per_day=0.1)
    berlin = ZoneInfo("Europe/Berlin")
    due = datetime(2026, 10, 25, 2, 50, tzinfo=berlin)  # the first time that clocks show it
    again = datetime(2026, 10, 25, 2, 55, fold=1, tzinfo=berlin)  # 65 minutes later
    assert policy.days_late(due, again) == policy.days_late(due, again.astimezone(UTC)) == 1
    assert policy.days_late(due.replace(fold=1), again) == 0


def test_a_due_time_with_an_offset_is_shown_on_the_courses_clock(tmp_path: Path) -> None:
    due = course(tmp_path, 'assignments: {a: {title: A, due: "2026-11-05 21:59+00:00"}}').assignments["a"].due
    assert due is not None
    assert due.isoformat() == "2026-11-05T22:59:00+01:00"


def test_a_password_is_not_repeated(tmp_path: Path) -> None:
    assert "secret" not in refusal(tmp_path, "gradebook: mysql://nbgrader:secret@db/grades")


def test_the_shipped_course_loads() -> None:
    shipped = Course.load(Path(__file__).resolve().parents[2])
    assert shipped.timezone == "Europe/Berlin"
    assert shipped.assignment("ass1").data.hand_out == ("mnist", "fashion_mnist")
    with pytest.raises(CourseError, match="did you mean ass1"):
        shipped.assignment("as1")
