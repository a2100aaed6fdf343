"""The templates, and what every page has in common."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from autograder.reports import words


def render(template: str, **values: object) -> str:
    """A page. Whatever comes from `values` is escaped, unless it is Markup."""
    return _environment().get_template(template).render(values)


@cache
def fingerprint() -> str:
    """A digest of the templates and the style: pages that were made of others are made again."""
    digest = hashlib.sha256()
    folder = files("autograder.reports") / "templates"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("autograder.reports"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style = _style()
    environment.globals.update(style=Markup(style), content_policy=_content_policy(style))
    environment.filters.update(
        points=words.points,
        points_of=words.points_of,
        number=words.number,
        moment=words.moment,
        seconds=words.seconds,
        coded=_coded,
    )
    return environment


def _coded(text: str) -> Markup:
    """A sentence in which what stands between backticks is set as code. Everything is escaped, the code too."""
    parts = re.split(r"`([^`\n]+)`", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts)
    )


def _style() -> str:
    return (files("autograder.reports") / "templates" / "style.css").read_text(encoding="utf-8")


def _content_policy(style: str) -> str:
    """Only this style sheet and pictures in the page itself: a browser neither runs nor fetches anything
    else."""
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
