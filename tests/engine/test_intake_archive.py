"""Archives of hand-ins -> submitted/: Moodle's ways of naming, pairing without guessing, and what attackers pack."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from intake_samples import make_course, ordinary

from autograder.course import Course
from autograder.intake import (
    ArchiveError,
    CollectReport,
    Rejected,
    Submission,
    archive,
    collect,
    read,
    submissions,
    unpack,
)
from autograder.intake.pairing import Owner, Unpaired, owner_of, pair
from autograder.intake.place import plain_name
from autograder.intake.roster import Roster

ANNA = "Anna Müller_77_assignsubmission_file_"
BERT = "Bert Øster-Strauß_78_assignsubmission_file_"
CHEN = "Wei Chen_79_assignsubmission_file_"
MORNING = (2026, 5, 4, 9, 0, 0)
EVENING = (2026, 5, 4, 21, 0, 0)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path / "course")


def member(name: str, when: tuple[int, ...] = MORNING) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, when)  # type: ignore[arg-type]
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name if isinstance(name, zipfile.ZipInfo) else member(name), content)
    return packed.getvalue()


def tarred(*members: tuple[str | tarfile.TarInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.mtime = info.mtime or int(datetime(2026, 5, 4, 7, 0, tzinfo=UTC).timestamp())
            if info.isreg():
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def collected(course: Course, packed: bytes, name: str = "moodle.zip") -> CollectReport:
    path = course.root / name
    path.write_bytes(packed)
    return collect(path, course, "a1")


def graded_text(course: Course, student: str) -> str:
    found = read(course, "a1", student)
    assert isinstance(found, Submission), found
    return found.notebook


def tree(course: Course) -> dict[str, bytes | str]:
    """Everything under submitted/, so that two states can be compared."""
    return {
        str(path.relative_to(course.submitted)): path.read_bytes() if path.is_file() else "folder"
        for path in sorted(course.submitted.rglob("*"))
    }


def test_moodles_folders_flat_files_and_inner_archives(course: Course) -> None:
    inner = zipped(("work/my notebook.ipynb", ordinary("return 'Chen'")), ("work/data.csv", b"1,2"))
    report = collected(
        course,
        zipped(
            (f"{ANNA}/a1.ipynb", ordinary("return 'Anna'")),
            (f"{ANNA}/notes.txt", b"see cell 3"),
            (f"{BERT}a1.ipynb", ordinary("return 'Bert'")),
            (f"{CHEN}/hand in.zip", inner),
            ("__MACOSX/._a1.ipynb", b"junk"),
            (".DS_Store", b"junk"),
        ),
    )
    assert {one.student: one.outcome for one in report.taken} == {"anna": "new", "bert": "new", "chen": "new"}
    assert report.missing == ("max1", "max2", "paul", "nameless")
    assert report.unmatched == report.refused == ()
    for student, name in (("anna", "Anna"), ("bert", "Bert"), ("chen", "Chen")):
        assert f"return '{name}'" in graded_text(course, student)
    assert report.taken[0].submitted_at == datetime(2026, 5, 4, 7, 0, tzinfo=UTC)  # Berlin, in summer
    assert sorted(path.name for path in (course.submitted / "anna" / "a1").iterdir()) == [
        "a1.ipynb",
        "submission_secret.txt",
        "timestamp.txt",
    ]


@pytest.mark.parametrize("name", ["class.tar.gz", "class.tgz", "class.tar", "no ending"])
def test_a_tar_is_read_whatever_its_name(course: Course, name: str) -> None:
    packed = tarred((f"{ANNA}/a1.ipynb", ordinary()))
    report = collected(course, gzip.decompress(packed) if name == "class.tar" else packed, name)
    assert [one.student for one in report.taken] == ["anna"]
    assert report.taken[0].submitted_at == datetime(2026, 5, 4, 7, 0, tzinfo=UTC)


def test_a_plain_folder_of_files_has_no_times(course: Course, tmp_path: Path) -> None:
    """A copied file is dated by its copying; taking that for the hand-in would make everybody late."""
    for name in ("anna/deep/a1.ipynb", "wei.chen@example.org.ipynb", f"{BERT}/a1.ipynb", "max1_a1.ipynb"):
        (tmp_path / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "files" / name).write_bytes(ordinary())
    (tmp_path / "files" / "anna" / "link.ipynb").symlink_to("/etc/passwd")
    report = collect(tmp_path / "files", course, "a1")
    assert {one.student: one.submitted_at for one in report.taken} == dict.fromkeys(
        ["anna", "bert", "chen", "max1"]
    )
    assert [one.name for one in report.refused] == ["anna/link.ipynb"]


def test_below_further_folders_and_with_backslashes(course: Course) -> None:
    report = collected(
        course,
        zipped((f"Course-Sheet 1/{ANNA}/a1.ipynb", ordinary()), (f"Course\\{CHEN}\\a1.ipynb", ordinary())),
    )
    assert [one.student for one in report.taken] == ["anna", "chen"]


def test_doing_it_again_changes_nothing(course: Course) -> None:
    packed = zipped((f"{ANNA}/a1.ipynb", ordinary()), (f"{BERT}/other.pdf", b"%PDF-1.7"))
    collected(course, packed)
    before = tree(course)
    again = collected(course, packed)
    assert [one.outcome for one in again.taken] == ["unchanged", "unchanged"]
    assert tree(course) == before


def test_the_latest_wins_and_the_older_one_is_kept(course: Course) -> None:
    first = zipped((member(f"{ANNA}/a1.ipynb", MORNING), ordinary("return 1")))
    second = zipped((member(f"{ANNA}/a1.ipynb", EVENING), ordinary("return 2")))
    assert collected(course, first).taken[0].outcome == "new"
    assert collected(course, second).taken[0].outcome == "updated"
    assert "return 2" in graded_text(course, "anna")
    before = tree(course)
    assert collected(course, first).taken[0].outcome == "older"
    assert collected(course, second).taken[0].outcome == "unchanged"
    assert tree(course) == before
    kept = course.submitted / ".older" / "a1" / "anna" / "2026-05-04_070000_1" / "a1.ipynb"
    assert b"return 1" in kept.read_bytes()
    assert [one.student for one in submissions(course, "a1")] == ["anna"]


def test_the_same_work_downloaded_later_keeps_its_time(course: Course) -> None:
    collected(course, zipped((member(f"{ANNA}/a1.ipynb", MORNING), ordinary())))
    report = collected(course, zipped((member(f"{ANNA}/a1.ipynb", EVENING), ordinary())))
    assert report.taken[0].outcome == "unchanged"
    found = read(course, "a1", "anna")
    assert found.submitted_at == datetime(2026, 5, 4, 7, 0, tzinfo=UTC)


def test_a_killed_collection_is_finished_by_the_next(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    first = zipped((member(f"{ANNA}/a1.ipynb", MORNING), ordinary("return 1")))
    second = zipped((member(f"{ANNA}/a1.ipynb", EVENING), ordinary("return 2")))
    collected(course, first)
    honest = Path.rename

    def killed(self: Path, target: Path) -> Path:
        if self.name == ".a1.incoming":
            raise KeyboardInterrupt
        return honest(self, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        collected(course, second)
    monkeypatch.setattr(Path, "rename", honest)
    collected(course, second)
    assert "return 2" in graded_text(course, "anna")
    assert not list(course.submitted.rglob("*.incoming"))
    assert len(list((course.submitted / ".older").rglob("a1.ipynb"))) == 1


def test_time_unknown_to_the_archive(course: Course) -> None:
    report = collected(course, zipped((member(f"{ANNA}/a1.ipynb", (1980, 1, 1, 0, 0, 0)), ordinary())))
    assert report.taken[0].submitted_at is None
    assert not (course.submitted / "anna" / "a1" / "timestamp.txt").exists()


def test_several_notebooks_of_one_student(course: Course) -> None:
    report = collected(
        course,
        zipped(
            (member(f"{ANNA}/a1.ipynb", EVENING), ordinary("return 'late'")),
            (member(f"{ANNA}/old/a1.ipynb", MORNING), ordinary("return 'early'")),
            (f"{BERT}/A1.IPYNB", ordinary("return 'case'")),
            (f"{BERT}/draft.ipynb", ordinary("return 'draft'")),
            (f"{CHEN}/one.ipynb", ordinary("return 1")),
            (f"{CHEN}/two.ipynb", ordinary("return 2")),
        ),
    )
    assert "return 'late'" in graded_text(course, "anna")
    assert "the latest was taken" in report.taken[0].notices[0]
    assert "return 'case'" in graded_text(course, "bert")
    chen = read(course, "a1", "chen")
    assert isinstance(chen, Rejected)
    assert "“one.ipynb”, “two.ipynb”" in chen.sentence


def test_equal_names_and_times_are_not_decided_by_chance(course: Course) -> None:
    """Also where the names differ in case only, as on other file systems, or not at all."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        packed = zipped(
            (f"{ANNA}/a1.ipynb", ordinary("return 1")),
            (f"{ANNA}/a1.ipynb", ordinary("return 2")),
            (f"{BERT}/A1.ipynb", ordinary("return 1")),
            (f"{BERT}/a1.IPYNB", ordinary("return 2")),
        )
    collected(course, packed)
    for student in ("anna", "bert"):
        found = read(course, "a1", student)
        assert isinstance(found, Rejected)
        assert "2 notebooks" in found.sentence


def test_a_hand_in_without_a_notebook_still_gets_its_page(course: Course) -> None:
    report = collected(
        course,
        zipped(
            (f"{ANNA}/a1.pdf", b"%PDF-1.7"), (f"{BERT}/x.zip", b"PK\x03\x04 broken"), (f"{CHEN}/run.py", b"")
        ),
    )
    assert [one.student for one in report.taken] == ["anna", "bert", "chen"]
    sentences = {one.student: one.sentence for one in submissions(course, "a1") if isinstance(one, Rejected)}
    assert "a1.pdf" in sentences["anna"]
    assert "damaged" in sentences["bert"]
    assert "run.py" in sentences["chen"]


# Whose is it?


@pytest.mark.parametrize(
    ("label", "student"),
    [
        ("Anna Müller", "anna"),
        ("anna  mueller", "anna"),
        ("Anna Mu\u0308ller", "anna"),
        ("Müller, Anna", "anna"),
        ("Gruppe 3-Anna Müller", "anna"),
        ("ANNA", "anna"),
        ("Anna@Example.org", "anna"),
        ("Bert Oester Strauss", "bert"),
        ("Bert Øster-Strauß", "bert"),
        ("Paul Max", "paul"),
    ],
)
def test_names_are_paired_in_whatever_spelling(tmp_path: Path, label: str, student: str) -> None:
    assert pair(Owner(label, "99"), Roster.of(make_course(tmp_path))) == student


@pytest.mark.parametrize(
    ("owner", "says"),
    [
        (Owner("Max Paul", "77"), "fits max1, max2"),
        (Owner("Anna Muller-Meier", "77"), "Is it anna"),
        (Owner("Somebody Else", "77"), "not in the roster"),
        (Owner("Somebody Else", "1003"), "not in the roster"),  # Moodle's numbers are not a person's
        (Owner("Anna Müller", "1003"), "lms_user_id of chen"),
        (Owner("Participant", "1001"), "not in the roster"),
        (Owner("_", "5"), "not in the roster"),
    ],
)
def test_nobody_is_paired_by_guessing(tmp_path: Path, owner: Owner, says: str) -> None:
    with pytest.raises(Unpaired, match=says):
        pair(owner, Roster.of(make_course(tmp_path)))


def test_the_number_decides_between_equal_names(tmp_path: Path) -> None:
    roster = Roster.of(make_course(tmp_path))
    assert pair(Owner("Max Paul", "1005"), roster) == "max2"
    assert pair(Owner("No Name", "1007"), roster) == "nameless"


def test_two_people_who_would_be_one_student_are_both_left(course: Course) -> None:
    other = ANNA.replace("77", "99")
    report = collected(
        course, zipped((f"{ANNA}/a1.ipynb", ordinary()), (f"{other}/a1.ipynb", ordinary("return 2")))
    )
    assert report.taken == ()
    assert len(report.unmatched) == 2
    assert submissions(course, "a1") == []


def test_without_a_roster_only_ids_are_taken(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course", roster=None)
    report = collected(course, zipped((f"{ANNA}/a1.ipynb", ordinary()), ("somebody/a1.ipynb", ordinary())))
    assert [one.student for one in report.taken] == ["somebody"]
    assert "no `roster`" in report.unmatched[0].sentence


def test_the_file_name_after_moodles_prefix() -> None:
    flat = (f"{ANNA}my_a1.ipynb",)
    assert owner_of(flat, lambda _: False) == (Owner("Anna Müller", "77", "file"), "my_a1.ipynb")
    folder = (ANNA.removesuffix("_"), "a1.ipynb")
    assert owner_of(folder, lambda _: False) == (Owner("Anna Müller", "77", "file"), "a1.ipynb")


# What attackers pack. Each archive also holds Bert's honest hand-in, which has to arrive.


def link(name: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = "/etc/passwd"
    return info


def zip_link(name: str) -> zipfile.ZipInfo:
    info = member(name)
    info.external_attr = 0o120777 << 16
    return info


def encrypted(packed: bytes) -> bytes:
    """Set the flag of encryption on the first member, in its header and in the table of contents."""
    changed = bytearray(packed)
    changed[6] |= 1
    changed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def lying_about_its_size(packed: bytes) -> bytes:
    """The first member is said to unpack to ten bytes."""
    changed = bytearray(packed)
    for place in (22, packed.index(b"PK\x01\x02") + 24):
        changed[place : place + 4] = struct.pack("<I", 10)
    return bytes(changed)


BERTS = (f"{BERT}/a1.ipynb", ordinary("return 'Bert'"))
BOMB = b"0" * 40_000_000

ATTACKS: dict[str, Callable[[], bytes]] = {
    "zip slip": lambda: zipped(("../../../outside/a1.ipynb", ordinary()), BERTS),
    "zip slip below a student": lambda: zipped((f"{ANNA}/../../outside.ipynb", ordinary()), BERTS),
    "zip slip by backslash": lambda: zipped((f"{ANNA}\\..\\..\\outside.ipynb", ordinary()), BERTS),
    "absolute": lambda: zipped(("/tmp/outside.ipynb", ordinary()), BERTS),
    "drive letter": lambda: zipped(("C:\\outside.ipynb", ordinary()), BERTS),
    "control characters": lambda: zipped((f"{ANNA}/a1\x1b[2J\r\n.ipynb", ordinary()), BERTS),
    "NUL in a name": lambda: zipped((f"{ANNA}/a1.ipynb~evil", ordinary()), BERTS).replace(b"~evil", b"\0evil"),
    "link in a zip": lambda: zipped((zip_link(f"{ANNA}/a1.ipynb"), b"/etc/passwd"), BERTS),
    "encrypted": lambda: encrypted(zipped((f"{ANNA}/a1.ipynb", ordinary()), BERTS)),
    "says it is small": lambda: lying_about_its_size(zipped((f"{ANNA}/a1.ipynb", ordinary()), BERTS)),
    "bomb": lambda: zipped((f"{ANNA}/a1.ipynb", BOMB), BERTS),
    "larger than allowed": lambda: zipped((f"{ANNA}/a1.ipynb", BOMB * 2), BERTS),
    "bomb inside": lambda: zipped((f"{ANNA}/x.zip", zipped(("a1.ipynb", BOMB))), BERTS),
    "many members inside": lambda: zipped(
        (f"{ANNA}/x.zip", zipped(*((f"{n}.ipynb", b"") for n in range(2000)))), BERTS
    ),
    "deep folders": lambda: zipped((f"{ANNA}/{'d/' * 500}a1.ipynb", ordinary()), BERTS),
    "link in a tar": lambda: tarred((link(f"{ANNA}/a1.ipynb"), b""), BERTS),
    "hard link": lambda: tarred((link(f"{ANNA}/a1.ipynb", tarfile.LNKTYPE), b""), BERTS),
    "device": lambda: tarred((link(f"{ANNA}/a1.ipynb", tarfile.CHRTYPE), b""), BERTS),
    "pipe": lambda: tarred((link(f"{ANNA}/a1.ipynb", tarfile.FIFOTYPE), b""), BERTS),
    "slip in a tar": lambda: tarred(("../../outside.ipynb", ordinary()), BERTS),
    "absolute in a tar": lambda: tarred(("/tmp/outside.ipynb", ordinary()), BERTS),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_with_a_sentence_and_the_others_arrive(course: Course, attack: str) -> None:
    around = {path for path in course.root.parent.rglob("*") if course.submitted not in path.parents}
    report = collected(course, ATTACKS[attack]())
    assert report.refused, "nothing was refused"
    assert all(line.sentence.isprintable() and len(line.sentence) > 20 for line in report.refused)
    assert "return 'Bert'" in graded_text(course, "bert")
    assert not isinstance(read(course, "a1", "anna"), Submission)
    added = {path for path in course.root.parent.rglob("*") if course.submitted not in path.parents} - around
    assert added == {course.root / "moodle.zip", course.submitted}
    assert not Path("/tmp/outside.ipynb").exists()
    assert all(path.is_file() or path.is_dir() for path in course.submitted.rglob("*"))
    assert not any(path.is_symlink() for path in course.submitted.rglob("*"))


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        ("link in a zip", "a symbolic link"),
        ("encrypted", "without a password"),
        ("bomb", "times its size"),
        ("larger than allowed", "80 MB large"),
        ("bomb inside", "times its size"),
        ("many members inside", "more than 1,000 files"),
        ("link in a tar", "it is a link"),
        ("hard link", "it is a link"),
        ("device", "a device"),
    ],
)
def test_the_student_of_a_refused_member_reads_why(course: Course, attack: str, says: str) -> None:
    report = collected(course, ATTACKS[attack]())
    found = read(course, "a1", "anna")
    assert isinstance(found, Rejected)
    assert says in found.sentence
    assert found.sentence in {line.sentence for line in report.refused}


def test_an_archive_inside_an_archive_inside_is_left_alone(course: Course) -> None:
    """The famous small archive that holds itself ten layers deep is opened one layer."""
    inner = zipped(("a1.ipynb", ordinary()))
    for _ in range(9):
        inner = zipped(("next.zip", inner))
    collected(course, zipped((f"{ANNA}/x.zip", inner), BERTS))
    found = read(course, "a1", "anna")
    assert isinstance(found, Rejected)
    assert "next.zip" in found.sentence


def test_invisible_characters_are_taken_out_of_names(course: Course) -> None:
    report = collected(course, zipped((f"{ANNA}/a1\u202e\u200b.ipynb", ordinary("return 'rtl'"))))
    assert "return 'rtl'" in graded_text(course, "anna")
    assert "Invisible characters" in report.taken[0].notices[0]
    assert all(notice.isprintable() for notice in report.taken[0].notices)


def test_a_name_longer_than_a_file_may_have(course: Course) -> None:
    report = collected(
        course, zipped((f"{ANNA}/{'ü' * 3000}.ipynb", ordinary()), (f"{BERT}/{'ü' * 300}.pdf", b"x"))
    )
    assert [one.student for one in report.taken] == ["anna", "bert"]
    assert "return x + 1" in graded_text(course, "anna")
    assert "longer than a file's name" in report.taken[0].notices[0]


def test_a_files_name_hands_in_for_nobody_else(course: Course) -> None:
    """In Moodle's flat archives the student's file follows the prefix, under whatever name the student gave it."""
    theirs = "Bert Øster-Strauß_78_assignsubmission_file_"
    for label in (
        "Anna Müller_77_assignsubmission_file_a1",
        "x-Anna Müller_77_assignsubmission_file_a1",
        "-anna_1_assignsubmission_file_",
    ):
        packed = zipped((f"{theirs}{label}.ipynb", ordinary(f"return {label!r}")))
        report = collected(course, packed)
        assert [one.student for one in report.taken] == ["bert"], label
        assert report.unmatched == ()


def test_names_of_any_length_are_sorted_out_at_once(course: Course) -> None:
    """All that stands before an underscore, or behind a hyphen, is looked at as a name: of what a name may have."""
    inner = zipped(*((f"{letter * 60_000}{n}.ipynb", ordinary()) for letter in "_-" for n in range(50)))
    report = collected(course, zipped(("anna/x.zip", inner), (f"{'-_' * 30_000}.ipynb", b""), BERTS))
    assert [one.student for one in report.taken] == ["anna", "bert"]
    assert len(report.unmatched) == 1


def test_many_archives_of_one_student_unpack_to_no_more_than_one(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "INNER_BYTES", 10_000)
    bomb = zipped(*((f"{n}.txt", b"x" * 3_000) for n in range(3)))
    chens = (
        "Wei Chen_79_assignsubmission_file_/x.zip",
        zipped(("a1.ipynb", ordinary()), ("x.txt", b"x" * 8_000)),
    )
    bombs = [(f"{ANNA}/{n}.zip", bomb) for n in range(4)]
    report = collected(course, zipped(*bombs, chens))
    assert [one.name for one in report.refused] == [f"{ANNA}/{n}.zip" for n in (1, 2, 3)]
    assert all("more than is allowed" in one.sentence for one in report.refused)
    assert "return x + 1" in graded_text(course, "chen")


def test_a_name_not_marked_as_utf_8(course: Course) -> None:
    """macOS writes UTF-8, decomposed, without saying so."""
    name = "Anna Mu\u0308ller_77_assignsubmission_file_/a1.ipynb".encode()
    packed = zipped(("x" * len(name), ordinary())).replace(b"x" * len(name), name)
    assert [one.student for one in collected(course, packed).taken] == ["anna"]


BROKEN: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "noise": lambda: bytes(range(256)) * 40,
    "a notebook": lambda: ordinary(),
    "cut off": lambda: zipped(BERTS)[:-30],
    "only the table of contents": lambda: zipped(BERTS)[-120:],
    "table of contents elsewhere": lambda: zipped(BERTS)[:-6] + struct.pack("<I", 2**31) + b"\0\0",
    "more entries than there are": lambda: (
        zipped(BERTS)[:-10] + struct.pack("<I", 2**30) + zipped(BERTS)[-6:]
    ),
    "a name that is no UTF-8": lambda: zipped(("ü" * 9, b"")).replace("ü".encode(), b"\xff\xff"),
    "tar.gz cut off": lambda: tarred(BERTS)[:-20],
    "tar.gz of noise": lambda: gzip.compress(bytes(range(1, 256)) * 40),
    "tar with a checksum that is wrong": lambda: gzip.compress(b"a" * 512 + gzip.decompress(tarred(BERTS))),
    "gzip bomb": lambda: gzip.compress(bytes(300_000_000)),
    "tar header that claims a terabyte": lambda: gzip.compress(_huge_pax()),
    "table of contents of 100 MB": lambda: _huge_table(),
}


def _huge_pax() -> bytes:
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = 2**40
    return info.tobuf(tarfile.GNU_FORMAT) + bytes(20_000_000)


def _huge_table() -> bytes:
    entry = zipped(("x", b""))[31:-22]
    table = entry * (100_000_000 // len(entry))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, len(table), 31, 0)
    return zipped(("x", b""))[:31] + table + end


@pytest.mark.parametrize("name", BROKEN)
def test_an_archive_that_is_broken_as_a_whole_says_so(course: Course, name: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        collected(course, BROKEN[name]())
    assert str(caught.value).isprintable()
    assert not (course.submitted / "bert").exists()


def test_a_member_damaged_inside_is_one_students_trouble(course: Course) -> None:
    packed = bytearray(zipped((f"{ANNA}/a1.ipynb", ordinary()), BERTS))
    packed[90:100] = b"\xff" * 10
    report = collected(course, bytes(packed))
    assert "damaged" in report.refused[0].sentence
    assert "return 'Bert'" in graded_text(course, "bert")


def test_an_unusual_packing_method_is_refused(course: Course) -> None:
    """LZMA may ask for a dictionary of gigabytes."""
    info = member(f"{ANNA}/a1.ipynb")
    info.compress_type = zipfile.ZIP_LZMA
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(info, ordinary(), compress_type=zipfile.ZIP_LZMA)
    assert "unusual method" in collected(course, packed.getvalue()).refused[0].sentence


def test_too_many_members_and_too_many_bytes(course: Course, tmp_path: Path) -> None:
    packed = zipped(*((f"{n}/a1.ipynb", os.urandom(1000)) for n in range(30)))
    (course.root / "m.zip").write_bytes(packed)
    for limit, says in (({"most_members": 29}, "more than"), ({"most_bytes": 29_999}, "zip bomb")):
        store = unpack.Store(tmp_path / says.replace(" ", "-"), **limit)
        store.folder.mkdir()
        with pytest.raises(ArchiveError, match=says):
            unpack.unpack(course.root / "m.zip", store, "UTC")


def test_something_else_in_the_students_place_is_left_alone(course: Course, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    course.submitted.mkdir()
    (course.submitted / "anna").symlink_to(tmp_path / "elsewhere")
    report = collected(course, zipped((f"{ANNA}/a1.ipynb", ordinary()), BERTS))
    assert "symbolic link" in report.refused[0].sentence
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert [one.student for one in report.taken] == ["bert"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a1.ipynb", "a1.ipynb"),
        ("../x", "_x"),
        (".hidden", "hidden"),
        ("timestamp.txt", "handed-in-timestamp.txt"),
        ("\x00\n", "__"),
        ("...", "file"),
        ("ü" * 300 + ".pdf", "ü" * 98 + ".pdf"),
        ("a." + "b" * 300, "a." + "b" * 20),
    ],
)
def test_stray_files_get_plain_names(name: str, plain: str) -> None:
    assert plain_name(name) == plain
