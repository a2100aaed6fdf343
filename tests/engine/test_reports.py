"""Pages and tables: what they say, what they must not say, and that hostile text stays text."""

from __future__ import annotations

import base64
import csv
import io
import re
from html.parser import HTMLParser

import pytest

from autograder.course import Course
from autograder.gradebook import ManualGrade
from autograder.grading.grade import Evidence, Figure, Grade, ItemGrade, Outcome, Picture, Status
from autograder.grading.items import item_grades
from autograder.notebooks import GradeCell
from autograder.reports import (
    Late,
    Row,
    class_csv,
    class_pages,
    moodle_csv,
    standing,
    student_page,
    write_reports,
)
from autograder.reports.class_page import ROWS_PER_PAGE

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 40).decode()
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def outcome(**changes: object) -> Outcome:
    values = {
        "test": "test_secret_name",
        "item": "forward",
        "score": 0.0,
        "status": Status.FAILED,
        "checked": "Logits of random inputs.",
        "message": "The logits differ.",
        "hint": "Is the bias added?",
        "figures": (Figure(name="accuracy", value=0.91, low=0.9, high=0.92, threshold=0.94),),
        "pictures": (Picture(name="p", caption="A confusion matrix.", png=PNG),),
    }
    return Outcome(**{**values, **changes})  # type: ignore[arg-type]


def grade(student: str = "ada", score: float = 2.0, **changes: object) -> Grade:
    items = (
        ItemGrade(id="init", title="Parameters", score=score, max_score=2.0, status=Status.PASSED),
        ItemGrade(id="forward", score=0.0, max_score=3.0, status=Status.FAILED, outcomes=(outcome(),)),
        ItemGrade(id="q-why", title="Why?", score=None, max_score=2.0, status=Status.MANUAL),
    )
    values = {
        "assignment": "mini",
        "student": student,
        "score": score,
        "max_score": 7.0,
        "status": "graded",
        "items": items,
        "log": "INSTRUCTOR-ONLY",
    }
    return Grade(**{**values, **changes})  # type: ignore[arg-type]


def page(result: Grade, manual: dict[str, ManualGrade] | None = None, **more: object) -> str:
    return student_page(result, "Deep <Learning>", "MLP", "Ada & Co", manual or {}, **more)  # type: ignore[arg-type]


class Elements(HTMLParser):
    """All start tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in Elements(html).found:
        assert tag not in {"script", "iframe", "object", "embed", "form"}
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "src"):
            value = (attributes.get(name) or "").strip().lower()
            assert not value.startswith(("javascript:", "data:text", "http:", "https:", "//"))


def test_the_page_says_what_was_checked_found_and_advised() -> None:
    html = page(grade())
    for text in (
        "Logits of random inputs.",
        "The logits differ.",
        "Is the bias added?",
        "0.94",
        "A confusion matrix.",
    ):
        assert text in html
    assert "Ada &amp; Co" in html
    assert "Deep &lt;Learning&gt;" in html


def test_what_a_check_found_stands_beside_it_and_not_above_it_again() -> None:
    found = (
        outcome(message="The logits differ."),
        outcome(message="Well done.", status=Status.PASSED),
        outcome(message="The loss is no mean."),
    )
    outcomes = item_grades([GradeCell(0, "forward", 3.0, "autograded", "Forward")], found)
    html = page(grade(items=outcomes))
    assert [html.count(text) for text in ("The logits differ.", "The loss is no mean.")] == [1, 1]
    other = outcomes[0].model_copy(update={"message": "These points are open."})
    assert "These points are open." in page(grade(items=(other,)))


def test_items_under_one_heading_are_told_apart_at_a_glance() -> None:
    items = [
        ItemGrade(id=name, title=title, score=1.0, max_score=1.0, status=Status.PASSED)
        for name, title in (("order-a", "Orders"), ("order-b", "Orders"), ("log", "A log"))
    ]
    glance = page(grade(items=tuple(items))).split("At a glance")[1].split("Item by item")[0]
    assert [name in glance for name in ("order-a", "order-b", ">log<")] == [True, True, False]


def test_the_page_holds_nothing_for_instructors() -> None:
    html = page(grade(notebook='{"cells": "NOTEBOOK"}'))
    for secret in ("INSTRUCTOR-ONLY", "test_secret_name", "NOTEBOOK"):
        assert secret not in html


def test_hostile_text_stays_text() -> None:
    evil = outcome(message=EVIL, checked=EVIL, hint=EVIL, figures=(Figure(name=EVIL, value=EVIL, unit=EVIL),))
    items = (
        ItemGrade(id=EVIL, title=EVIL, score=0.0, max_score=1.0, status=Status.FAILED, outcomes=(evil,)),
    )
    html = page(grade(items=items, notices=(EVIL,)), {EVIL: ManualGrade(1.0, EVIL)})
    assert_harmless(html)
    assert_harmless(page(grade(status="rejected", reason=EVIL)))


def test_a_picture_that_is_no_png_is_left_out() -> None:
    bad = outcome(
        pictures=(Picture(name="x", caption="drawn", png=base64.b64encode(b"<svg onload=1>").decode()),)
    )
    items = (ItemGrade(id="a", score=0.0, max_score=1.0, status=Status.FAILED, outcomes=(bad,)),)
    assert "drawn" not in page(grade(items=items))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "not a number"),
        (float("inf"), "infinite"),
        (-float("inf"), "minus infinite"),
        (2**4000, "infinite"),
        (-(2**4000), "minus infinite"),
    ],
)
def test_a_number_that_is_none_is_stored_and_shown_in_words(value: float, words: str) -> None:
    """Such a figure could not be read again, or broke the pages of the whole class."""
    figure = Figure(name="error", value=value, low=float("-inf"), high=float("nan"), threshold=0.5)
    item = ItemGrade(
        id="f", score=0.0, max_score=1.0, status=Status.FAILED, outcomes=(outcome(figures=(figure,)),)
    )
    stored = Grade.model_validate_json(grade(items=(item,)).model_dump_json())
    assert stored.items[0].outcomes[0].figures == (figure,)
    assert f'<td class="number">{words}' in page(stored)


def test_a_small_number_stays_on_one_line_of_a_narrow_page() -> None:
    found = outcome(figures=(Figure(name="largest effect", value=2.384e-07),))
    item = ItemGrade(id="m", score=0.0, max_score=1.0, status=Status.FAILED, outcomes=(found,))
    assert '<td class="number">2.384e\N{NON-BREAKING HYPHEN}07' in page(grade(items=(item,)))


def test_open_points_are_said_and_a_graders_points_and_words_count() -> None:
    assert "Not final yet" in page(grade())
    html = page(grade(), {"q-why": ManualGrade(1.5, "Good reasons.")})
    assert "Good reasons." in html
    assert "Final." in html
    assert '<span class="big">3.5</span>' in html


def test_kinds_of_evidence_are_explained() -> None:
    items = (
        ItemGrade(
            id="a",
            score=1.0,
            max_score=1.0,
            status=Status.PASSED,
            outcomes=(outcome(status=Status.PASSED, score=1.0, evidence=Evidence.SOURCE),),
        ),
    )
    assert "text of your notebook was read" in page(grade(items=items))


def test_weak_isolation_is_said() -> None:
    weak = grade().environment.model_copy(update={"isolation": "weak"})
    assert "Weaker isolation" in page(grade(environment=weak))
    assert "Weaker isolation" not in page(grade())


def test_standing_counts_the_track_and_the_late_penalty() -> None:
    where = standing(grade(), {}, track_items=["init", "forward"], late=Late(2, 0.5))
    assert (where.score, where.penalty, where.max_score) == (1.0, 1.0, 5.0)
    assert where.open == 0.0


def rows(count: int) -> list[Row]:
    return [
        Row(
            student=f"s{n}",
            name=f"Student {n}",
            standing=standing(grade(score=n % 3)),
            page=f"s{n}/index.html",
        )
        for n in range(count)
    ]


def test_the_class_page_counts_and_names_who_is_missing() -> None:
    pages = class_pages("Course", "MLP", rows(7), missing=[("zoe", "Zoë <b>")])
    assert list(pages) == ["index.html"]
    html = pages["index.html"]
    assert '7 <span class="of">of 8</span>' in html
    assert "Zoë &lt;b&gt; (zoe)" in html
    assert_harmless(html)


def test_the_bars_of_the_class_say_how_many_students_they_stand_for() -> None:
    html = class_pages("Course", "MLP", rows(7))["index.html"]  # scores 0, 1, 2, 0, 1, 2, 0
    assert re.findall(r'text-anchor="middle">(\d+)</text>', html) == ["3", "2", "2"]


def test_a_large_class_is_paged() -> None:
    pages = class_pages("Course", "MLP", rows(2 * ROWS_PER_PAGE + 1))
    assert list(pages) == ["index.html", "index-2.html", "index-3.html"]
    assert pages["index-3.html"].count('<tr><th scope="row"><a href') == 1


def test_an_empty_class_has_a_page() -> None:
    assert "Nobody has handed in" in class_pages("Course", "MLP", [])["index.html"]


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "a\n=2",
        "\n=2",
        "＝1+1",
        " =1+1",
        "a;=1+1",
        "a; @SUM(A1)",
        'a;"=1+1',
        'a; ""=1+1',
        "\u200b=1+1",
        "\x00=1+1",
        "\x1b[31m=1+1",
    ],
)
def test_no_cell_of_a_table_is_a_formula(name: str) -> None:
    row = Row(student="x", name=name, standing=standing(grade()), page="x")
    for cells in csv.reader(io.StringIO(class_csv([row]))):
        # What separates cells in Europe, and what may stand around one.
        parts = [part.strip(' "') for cell in cells for part in cell.split(";")]
        assert not any(part.startswith(("=", "+", "@", "-", "＝")) for part in parts)
        assert name.strip() not in cells
        assert all(cell.isprintable() for cell in cells)


def test_names_and_reasons_on_the_class_page_are_plain_text_and_links_lead_to_the_own_page() -> None:
    refused = Grade(
        assignment="mini", student="b", score=0, max_score=7, status="rejected", reason="\u202eno\x1b[2J"
    )
    html = class_pages(
        "Course",
        "MLP",
        [
            Row("anna#", "Anna", standing(grade("anna#")), "anna#/index.html"),
            Row(
                "b%2F..%2Fanna",
                "\u202eB",
                standing(refused),
                "b%2F..%2Fanna/index.html",
                reason=refused.reason,
            ),
        ],
    )["index.html"]
    links = [attributes["href"] for tag, attributes in Elements(html).found if tag == "a"]
    assert links[-2:] == ["anna%23/index.html", "b%252F..%252Fanna/index.html"]
    assert not {"\u202e", "\x1b"} & set(html)
    assert "<strong>B</strong>: no" in html


def test_a_platform_gets_final_grades_only() -> None:
    done = Row(student="done", name="D", standing=standing(grade(), {"q-why": ManualGrade(1.0)}), page="x")
    waiting = Row(student="waiting", name="W", standing=standing(grade()), page="x")
    lines = list(csv.reader(io.StringIO(moodle_csv([done, waiting], {}, "MLP"))))
    assert lines == [["Email address", "ID number", "MLP"], ["", "done", "3"]]


def test_pages_are_written_once_and_only_again_when_they_differ(mini_course: Course) -> None:
    index = write_reports(mini_course, "mini", {"ada": grade("ada"), "ben": grade("ben")})
    own = index.parent / "ada" / "index.html"
    before = own.stat().st_mtime_ns, (index.parent / "ben" / "index.html").stat().st_mtime_ns
    write_reports(mini_course, "mini", {"ada": grade("ada"), "ben": grade("ben", score=1.0)})
    after = own.stat().st_mtime_ns, (index.parent / "ben" / "index.html").stat().st_mtime_ns
    assert before[0] == after[0]
    assert before[1] != after[1]
    assert not list(index.parent.rglob(".writing-*"))
    assert {path.name for path in index.parent.iterdir() if path.suffix == ".csv"} == {
        "grades.csv",
        "moodle.csv",
        "canvas.csv",
    }


def test_what_stands_between_backticks_is_code_and_escaped() -> None:
    notices = ("Cell `f` stopped with KeyError (line 1: `x = <b>`).", "an odd ` and <i>")
    page = student_page(grade().model_copy(update={"notices": notices}), "C", "A", "Ada", {})
    assert "Cell <code>f</code> stopped with KeyError (line 1: <code>x = &lt;b&gt;</code>)." in page
    assert "an odd ` and &lt;i&gt;" in page
