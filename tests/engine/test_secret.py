"""The term secret: made once, kept from others, and the seeds drawn from it."""

from __future__ import annotations

import pickle
import stat
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.secret import SecretError, TermSecret, secret_file, seed, term_secret


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "course.yaml").write_text("id: dl\ntitle: T\nterm: w26\n")
    return Course.load(tmp_path)


def test_made_on_first_use_and_the_same_afterwards(course: Course, tmp_path: Path) -> None:
    first = term_secret(course)
    path = tmp_path / "config/autograder/dl/w26.secret"
    assert secret_file(course) == path
    assert str(path) in first.notice
    assert "Back it up" in first.notice
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = term_secret(course)
    assert again.value == first.value
    assert again.notice == ""
    assert list(path.parent.iterdir()) == [path]


def test_each_term_has_its_own(course: Course) -> None:
    later = course.model_copy(update={"term": "w27"})
    assert term_secret(course).value != term_secret(later).value


def test_a_file_made_meanwhile_is_used(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    winner = term_secret(course)
    monkeypatch.setattr(Path, "exists", lambda self: False)  # as another process saw it a moment ago
    assert term_secret(course) == TermSecret(winner.value)


def test_variable_wins_and_no_file_is_made(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_SECRET", "correct horse battery staple")
    assert term_secret(course).value == b"correct horse battery staple"
    assert not secret_file(course).exists()


@pytest.mark.parametrize("value", ["", "short"])
def test_a_short_secret_is_refused(course: Course, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("AUTOGRADER_SECRET", value)
    with pytest.raises(SecretError, match="AUTOGRADER_SECRET holds"):
        term_secret(course)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_can_use_is_refused(course: Course, mode: int) -> None:
    term_secret(course)
    secret_file(course).chmod(mode)
    with pytest.raises(SecretError, match="chmod 600"):
        term_secret(course)


def test_a_damaged_file_is_refused(course: Course) -> None:
    term_secret(course)
    secret_file(course).write_bytes(b"\xff\xff")
    with pytest.raises(SecretError, match="cannot be read"):
        term_secret(course)
    secret_file(course).write_bytes(b"")
    with pytest.raises(SecretError, match="holds 0 characters"):
        term_secret(course)


def test_seeds_are_fixed_and_distinct(course: Course) -> None:
    secret = TermSecret(b"a secret of this test")
    assert seed(secret, course, "ass", "item") == 15361811522240617999  # by openssl dgst -hmac
    others = {
        seed(secret, course, "ass", "item", attempt=1),
        seed(secret, course, "ass", "item2"),
        seed(secret, course, "as", "sitem"),
        seed(secret, course.model_copy(update={"term": "w27"}), "ass", "item"),
        seed(TermSecret(b"a secret of that test"), course, "ass", "item"),
    }
    assert len(others | {seed(secret, course, "ass", "item")}) == 6


def test_the_secret_is_not_printed_and_travels(course: Course) -> None:
    secret = TermSecret(b"do not show me anywhere")
    assert "show me" not in f"{secret} {secret!r}"
    assert pickle.loads(pickle.dumps(secret)) == secret
