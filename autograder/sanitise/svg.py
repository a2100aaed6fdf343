"""SVG drawings that a student's code displayed: shapes, text and colours stay; all that acts or fetches goes.

The drawing is read by expat and written anew from a list of what is known to be harmless. It is meant to be
shown by an `<img>` element, as nbconvert and Jupyter do, where a browser runs no script either.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

LIMIT = 4_000_000  # characters
MOST_ELEMENTS = 100_000
DEEPEST = 40

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
# fmt: off
_SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
_ELEMENTS = _SHAPES | {
    "svg", "g", "defs", "clipPath", "linearGradient", "radialGradient", "stop", "text", "tspan", "title",
    "desc", "use",
}
_ATTRIBUTES = {
    "id", "viewBox", "version", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r",
    "rx", "ry", "dx", "dy", "d", "points", "transform", "fill", "fill-opacity", "fill-rule", "stroke",
    "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit", "opacity", "clip-path", "clip-rule", "clipPathUnits",
    "gradientUnits", "gradientTransform", "offset", "stop-color", "stop-opacity", "font-size",
    "font-family", "font-weight", "font-style", "text-anchor", "dominant-baseline", "preserveAspectRatio",
    "style",
}
# fmt: on
_VALUE = re.compile(r"[-+\w.,%# ()'\n\t]*")  # holds url(#name), too
_STYLE = re.compile(r"[ \n]*(?P<name>[a-z-]{1,40})[ \n]*:[ \n]*(?P<value>[^;]*)")
_FETCHING = re.compile(r"url\((?!#)|image|expression|src", re.IGNORECASE)
_ID = re.compile(r"[\w.-]{1,100}")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[<>]*>", re.IGNORECASE)


def clean_svg(text: str) -> str | None:
    """The drawing with what is harmless in it, or None where it is no well-formed SVG of a bearable size."""
    if len(text) > LIMIT:
        return None
    text = _DOCTYPE.sub("", text, count=1)
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        return None
    writer = _Writer()
    parser = ElementTree.XMLParser(target=writer)
    try:
        parser.feed(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
        parser.close()
    except (ElementTree.ParseError, _TooMuch, ValueError):
        return None
    return writer.text()


class _TooMuch(Exception):
    """More elements, or nested more deeply, than a drawing needs."""


class _Writer:
    """Receives expat's events and writes the elements and attributes that are allowed."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._uses: list[tuple[int, str]] = []  # where a <use> was written, and what it shows
        self._shapes: set[str] = set()
        self._depth = 0
        self._skipping = 0  # depth at which an element that is left out began
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST or self._count > MOST_ELEMENTS:
            raise _TooMuch
        if self._skipping:
            return
        name = tag.removeprefix(_SVG)
        if name not in _ELEMENTS or (self._depth == 1) != (name == "svg"):
            self._skipping = self._depth
            return
        kept = {key: value for key, value in attributes.items() if _allowed(key, value)}
        if "style" in kept:
            kept["style"] = _clean_style(kept["style"])
        if name in _SHAPES and "id" in kept:
            self._shapes.add(kept["id"])
        if name == "use":
            target = attributes.get(_XLINK_HREF, attributes.get("href", ""))
            kept["href"] = target
            self._uses.append((len(self._pieces), target))
        if name == "svg":
            kept["xmlns"] = "http://www.w3.org/2000/svg"
        self._pieces.append(f"<{name}" + "".join(f" {key}={quoteattr(kept[key])}" for key in kept) + ">")

    def end(self, tag: str) -> None:
        if not self._skipping:
            self._pieces.append(f"</{tag.removeprefix(_SVG)}>")
        elif self._skipping == self._depth:
            self._skipping = 0
        self._depth -= 1

    def data(self, text: str) -> None:
        if not self._skipping and self._depth:
            self._pieces.append(escape(text))

    def close(self) -> None:
        return None

    def text(self) -> str | None:
        """The drawing. A <use> may only repeat a single shape: repeated repetitions would grow without
        end."""
        for place, target in self._uses:
            if not (target.startswith("#") and target[1:] in self._shapes):
                self._pieces[place] = "<use>"
        return "".join(self._pieces) or None


def _allowed(key: str, value: str) -> bool:
    if key == "id":
        return bool(_ID.fullmatch(value))
    if key == "style":
        return True
    return key in _ATTRIBUTES and bool(_VALUE.fullmatch(value)) and not _FETCHING.search(value)


def _clean_style(style: str) -> str:
    declarations = []
    for declaration in style.split(";"):
        match = _STYLE.fullmatch(declaration)
        if (
            match
            and match["name"] in _ATTRIBUTES - {"id", "style"}
            and _allowed(match["name"], match["value"].strip())
        ):
            declarations.append(f"{match['name']}: {match['value'].strip()}")
    return "; ".join(declarations)
