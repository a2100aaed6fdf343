"""YAML from a person's hand: bounded, no aliases, no duplicate keys, the line of every value for messages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 1_000_000
MAX_DEPTH = 20

_ADVICE = {  # what people mostly did where PyYAML says this
    "'\\t'": "; indent with blanks instead of tabs",
    "mapping values are not allowed": "; put a text with a colon into quotes",
}

KeyPath = tuple[str | int, ...]


class YamlFileError(Exception):
    """The file cannot be taken as YAML. `line` counts from 1; None where the whole file is meant."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


@dataclass(frozen=True)
class YamlFile:
    """What the file says, and the line on which each value begins."""

    data: Any
    lines: dict[KeyPath, int]

    def line(self, path: KeyPath) -> int | None:
        """The line of the value at `path`, or of the nearest enclosing value that is in the file."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML file of plain scalars, lists and mappings with text keys. Raises YamlFileError.

    Dates stay text: what a date without a time zone means is for its reader to decide.
    """
    text = _text(path)
    lines: dict[KeyPath, int] = {}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return YamlFile(data=None, lines=lines)
        _note_lines(node, (), lines)
        return YamlFile(data=loader.construct_document(node), lines=lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "it cannot be read"
        advice = next((text for part, text in _ADVICE.items() if part in problem), "")
        raise YamlFileError(
            f"this is not valid YAML: {problem}{advice}", mark.line + 1 if mark else None
        ) from error
    except (yaml.YAMLError, ValueError) as error:  # a character or a number that YAML has no room for
        raise YamlFileError(f"this is not valid YAML: {error}") from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise YamlFileError(f"the file cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise YamlFileError(f"the file is larger than {MAX_BYTES} bytes, which no course needs")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise YamlFileError("this is not UTF-8 text; save the file as UTF-8", line) from error


class _Loader(yaml.SafeLoader):
    """The safe loader without timestamps, without aliases, and with bounded nesting."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise YamlFileError("aliases (*name) are not accepted; write the value out", self.line + 1)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise YamlFileError(f"nested deeper than {MAX_DEPTH} levels", self.line + 1)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _note_lines(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> None:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note_lines(item, (*path, index), lines)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise YamlFileError("a key must be plain text", line)
            if key.tag != "tag:yaml.org,2002:str":
                raise YamlFileError(f"the key {key.value} is not text; put it in quotes", line)
            if key.value in seen:
                first = seen[key.value]
                raise YamlFileError(f"the key {key.value} stands twice, on line {first} before", line)
            seen[key.value] = line
            _note_lines(value, (*path, key.value), lines)
            lines[*path, key.value] = line
