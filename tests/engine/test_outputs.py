"""What is kept of a kernel's messages: valid, plain, bounded, in time that grows with their length."""

from __future__ import annotations

import json
from typing import Any

import nbformat
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from autograder.grading.outputs import OUTPUT_KINDS, Outputs


def run(*messages: tuple[str, dict[str, Any]], most: int = 10_000) -> list[Any]:
    cell = new_code_cell("")
    outputs = Outputs(most)
    for kind, content in messages:
        outputs.take(kind, content, cell)
    outputs.finish(cell)
    nbformat.validate(new_notebook(cells=[cell]))
    return list(cell.outputs)


def printed(text: str, name: str = "stdout") -> tuple[str, dict[str, Any]]:
    return "stream", {"name": name, "text": text}


def shown(text: str, display: str = "", kind: str = "display_data") -> tuple[str, dict[str, Any]]:
    return kind, {"data": {"text/plain": text}, "metadata": {}, "transient": {"display_id": display}}


def test_what_is_printed_in_pieces_is_one_text_for_each_stream() -> None:
    outputs = run(printed("a"), printed("err", "stderr"), printed("b\n"))
    assert [(o.name, o.text) for o in outputs] == [("stdout", "ab\n"), ("stderr", "err")]


def test_a_line_that_was_overwritten_keeps_its_last_state() -> None:
    (output,) = run(printed("1/3\r2/3\r"), printed("3/3\r\ndone\r"))
    assert output.text == "3/3\r\ndone\r"


def test_one_long_line_takes_no_longer_than_its_length() -> None:
    """nbclient joins streams with a regular expression that takes hours for this."""
    (output,) = run(printed("x" * 3_000_000), most=5_000_000)
    assert len(output.text) == 3_000_000


def test_what_is_too_long_is_cut_once_and_said_once() -> None:
    outputs = run(printed("x" * 400), *[printed("y" * 400)] * 5, shown("z" * 400), most=500)
    assert outputs[0].text == "x" * 400 + "y" * 100
    assert [str(o).count("longer than is kept") for o in outputs] == [0, 1]


def test_updates_cannot_grow_past_the_bound() -> None:
    first = [shown("a", display=str(i)) for i in range(10)]
    second = [shown("b" * 900, display=str(i), kind="update_display_data") for i in range(10)]
    outputs = run(*first, *second, most=2500)
    assert sum(len(str(o)) for o in outputs) < 3500  # 10 × 900 without the bound
    assert outputs[0].data["text/plain"] == "b" * 900


def test_an_update_reaches_every_output_of_its_display() -> None:
    outputs = run(shown("a", "d"), shown("a", "d"), shown("c"), shown("b", "d", "update_display_data"))
    assert [o.data["text/plain"] for o in outputs] == ["b", "b", "c"]


def test_a_flood_of_updates_costs_no_more_than_a_flood() -> None:
    """Thousands of outputs of one display, and as many updates: were each to change them all, it would take hours."""
    outputs, cell = Outputs(10_000_000), new_code_cell()
    shown = {"data": {"text/plain": "x"}, "metadata": {}, "transient": {"display_id": "d"}}
    for kind in ("display_data", "update_display_data"):
        for _ in range(5_000):
            outputs.take(kind, shown, cell)
    assert len(cell.outputs) == 5_000


def test_displays_that_were_cleared_are_forgotten() -> None:
    outputs, cell = Outputs(10_000), new_code_cell()
    for number in range(1_000):
        outputs.take("display_data", {"data": {}, "transient": {"display_id": f"d{number}"}}, cell)
        outputs.take("clear_output", {}, cell)
    assert not outputs._displays


def test_clearing_gives_room_again() -> None:
    frames = [("clear_output", {"wait": True}), shown("x" * 400), printed("y" * 400)]
    outputs = run(*frames * 50, most=1000)
    assert [o.output_type for o in outputs] == ["display_data", "stream"]
    assert outputs[1].text == "y" * 400


def test_what_no_notebook_can_store_is_replaced() -> None:
    outputs = run(printed("\ud800\x00ok"), ("error", {"ename": 5, "evalue": None, "traceback": [3, "l"]}))
    text = json.dumps(outputs, ensure_ascii=False)
    text.encode("utf-8")
    assert outputs[0].text == "\ufffd\ufffdok"
    assert outputs[1].traceback == ["", "l"]


def test_representations_that_are_no_text_are_named() -> None:
    (output,) = run(("display_data", {"data": {"application/vnd.plotly+json": {"a": float("nan")}}}))
    assert output.data == {"text/plain": "[not kept: application/vnd.plotly+json]"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["name", "text", "data", "metadata", "transient", "display_id", "ename", "traceback", "wait"]
)
contents = st.dictionaries(names, json_values | st.fixed_dictionaries({"display_id": st.just("d")}))
kinds = st.sampled_from(sorted(OUTPUT_KINDS | {"clear_output"}))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(kinds, contents), max_size=12))
def test_any_messages_give_a_valid_notebook(messages: list[tuple[str, dict[str, Any]]]) -> None:
    outputs = run(*messages, most=300)
    json.dumps(outputs, allow_nan=False, ensure_ascii=False).encode("utf-8")
