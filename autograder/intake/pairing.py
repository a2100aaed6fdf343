"""Whose hand-in is it? Names of files, paired with the roster: for certain, or not at all.

Moodle's number in a file name belongs to one assignment, not to the person. So a number that is somebody's
`lms_user_id` decides between two students of one name, or for a student whom the roster gives no name, and
never against a name. Nothing is guessed: what is not certain is listed for a person to decide.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from autograder.intake.files import printable
from autograder.intake.names import check_student_id
from autograder.intake.roster import Roster, Student
from autograder.intake.submission import RejectedSubmission

# The first number counts: what stands behind it is the name that the student gave to the file, and may read
# like somebody else's hand-in.
_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<number>\d{1,18})_assignsubmission_(?P<plugin>[a-z]+)_?(?P<rest>.*)", re.DOTALL
)
_LONGEST = 255  # characters of a label that are looked at: no file and no person has a longer name
_GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "ł": "l"}
)


class Unpaired(Exception):
    """It is not certain whose hand-in this is. The message says why and what would make it certain."""


@dataclass(frozen=True)
class Owner:
    """What an archive says about whose a file is. `number` is Moodle's, "" elsewhere."""

    label: str
    number: str = ""
    plugin: str = ""


def owner_of(parts: tuple[str, ...], known: Callable[[str], bool]) -> tuple[Owner, str]:
    """The owner that a member's name tells, and the file's own name.

    Understands Moodle's `Name_123_assignsubmission_file_/x.ipynb`, its flat form
    `Name_123_assignsubmission_file_x.ipynb`, both below further folders, and plain `label/…/x.ipynb` or
    `label.ipynb`, where of several folders the outermost that is `known` is the label, else the outermost.
    """
    for part in parts:
        moodle = _MOODLE.fullmatch(part)
        if moodle:
            return Owner(moodle["name"], moodle["number"], moodle["plugin"]), own_name(parts)
    stem = parts[-1].rsplit(".", 1)[0]
    candidates = [*parts[:-1], stem, *_prefixes(stem)]
    label = next((part for part in candidates if known(part)), parts[0] if len(parts) > 1 else stem)
    return Owner(label), parts[-1]


def own_name(parts: tuple[str, ...]) -> str:
    """The file's own name, without what Moodle's flat archives put before it."""
    *folders, name = parts
    moodle = None if any(map(_MOODLE.fullmatch, folders)) else _MOODLE.fullmatch(name)
    return (moodle["rest"] if moodle else "") or name


def pair(owner: Owner, roster: Roster) -> str:
    """The id of the student that `owner` certainly is. Raises Unpaired otherwise."""
    if not len(roster):
        return _without_roster(owner)
    named = _by_name(owner.label, roster)
    numbered = [student for student in roster if owner.number and student.lms_user_id == owner.number]
    if len(named) == 1:
        if numbered and numbered != named:
            raise Unpaired(
                f"“{printable(owner.label)}” is the name of {named[0].id}, but the number {owner.number} is "
                f"the lms_user_id of {numbered[0].id}."
            )
        return named[0].id
    if named:
        decided = [student for student in named if student in numbered]
        if len(decided) == 1:
            return decided[0].id
        raise Unpaired(
            f"“{printable(owner.label)}” fits {', '.join(student.id for student in named)}. "
            "Name the folder after the student's id to decide."
        )
    if len(numbered) == 1 and not (numbered[0].first_name or numbered[0].last_name):
        return numbered[0].id
    raise Unpaired(f"“{printable(owner.label)}” is not in the roster.{_suggestion(owner.label, roster)}")


@lru_cache(maxsize=50_000)
def spellings(name: str) -> frozenset[tuple[str, ...]]:
    """The words of a name in forms that compare equal: no case, accents or punctuation; ü also as ue."""
    folded = unicodedata.normalize("NFC", name).casefold()
    forms = {folded.translate(_GERMAN), folded}
    return frozenset(_words(form) for form in forms) - {()}


@dataclass(frozen=True)
class _Names:
    """A roster's students by what a label is compared with, so that a label need not be held against each of them."""

    ids: dict[str, list[Student]]
    addresses: dict[str, list[Student]]  # ids and e-mail addresses without case
    names: dict[tuple[str, ...], list[Student]]
    reordered: dict[tuple[str, ...], list[Student]]


@lru_cache(maxsize=4)
def _names(roster: Roster) -> _Names:
    names = _Names({}, {}, {}, {})
    for student in roster:
        names.ids.setdefault(student.id, []).append(student)
        for address in {_folded(student.id), _folded(student.email)} - {""}:
            names.addresses.setdefault(address, []).append(student)
        for words in spellings(student.name):
            names.names.setdefault(words, []).append(student)
        for words in _reordered(spellings(student.name)):
            names.reordered.setdefault(words, []).append(student)
    return names


def _by_name(label: str, roster: Roster) -> list[Student]:
    """Students whose id, e-mail or name `label` is: the first of these rules that fits anybody decides."""
    if len(label) > _LONGEST:
        return []
    known = _names(roster)
    # With separate groups, Moodle writes the group's name and a hyphen before the student's.
    ends = [spellings(label[place + 1 :]) for place, letter in enumerate(label) if letter == "-"]
    return (
        known.ids.get(label.strip())
        or known.addresses.get(_folded(label))
        or _found(known.names, spellings(label))
        or _found(known.reordered, _reordered(spellings(label)))
        or _found(known.names, frozenset().union(*ends))
    )


def _found(
    students: dict[tuple[str, ...], list[Student]], forms: frozenset[tuple[str, ...]]
) -> list[Student]:
    """Who has one of these forms of a name, each once."""
    found = {student.id: student for form in forms for student in students.get(form, ())}
    return [found[student] for student in sorted(found)]


def _reordered(forms: frozenset[tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(sorted(words)) for words in forms)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).casefold()


def _without_roster(owner: Owner) -> str:
    if owner.number:
        raise Unpaired(
            f"“{printable(owner.label)}” cannot be paired with a student: course.yaml names no `roster`."
        )
    try:
        return check_student_id(owner.label)
    except RejectedSubmission as error:
        raise Unpaired(error.sentence) from error


def _suggestion(label: str, roster: Roster) -> str:
    words = " ".join(min(spellings(label[:200]), default=()))
    by_words = {" ".join(form): student.id for student in roster for form in spellings(student.name)}
    close = difflib.get_close_matches(words, list(by_words), n=1, cutoff=0.75)
    if not close:
        return " Add the student to the roster, or name the folder after the student's id."
    return (
        f" Is it {by_words[close[0]]}? Then name the folder after that id, or correct the name in the roster."
    )


def _prefixes(stem: str) -> list[str]:
    """`anna_ass1` -> `anna`: what stands before each underscore, longest first."""
    places = [place for place, letter in enumerate(stem[:_LONGEST]) if letter == "_"]
    return [stem[:place] for place in reversed(places) if place]


def _words(text: str) -> tuple[str, ...]:
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)
    ).replace("ß", "ss")
    return tuple(re.findall(r"\w+", bare.replace("_", " ")))
