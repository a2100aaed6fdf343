"""From what stands in course.yaml to what the models take: defaults merged, paths made absolute."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from autograder.course.assignment import Defaults
from autograder.course.wording import CourseError

DATA_VARIABLE = "AUTOGRADER_DATA"


def prepare(data: dict[str, Any], root: Path, path: Path) -> dict[str, Any]:
    """The mapping of the file at `path` with what the loader adds: names, inherited values, absolute paths."""
    prepared = {**data, "root": root}
    prepared = _absolute(prepared, ("roster", "exchange"), root)
    if isinstance(data.get("data", {}), dict):
        prepared["data"] = _data_folder(data.get("data", {}), root)
    if isinstance(data.get("cluster"), dict):
        prepared["cluster"] = _absolute(data["cluster"], ("shared_folder",), root)
        if isinstance(data["cluster"].get("tls"), dict):
            prepared["cluster"]["tls"] = _absolute(data["cluster"]["tls"], ("ca", "cert", "key"), root)
    if isinstance(data.get("assignments"), dict):
        defaults = data.get("defaults", {})
        inherited = defaults if isinstance(defaults, dict) and _valid(Defaults, defaults) else {}
        prepared["assignments"] = {
            name: _inherit(name, entry, inherited, path) for name, entry in data["assignments"].items()
        }
    return prepared


def _absolute(data: dict[str, Any], keys: Iterable[str], root: Path) -> dict[str, Any]:
    paths = {key: root / Path(data[key]).expanduser() for key in keys if isinstance(data.get(key), str)}
    return {**data, **paths}


def _data_folder(data: dict[str, Any], root: Path) -> dict[str, Any]:
    if os.environ.get(DATA_VARIABLE):
        return {**data, "folder": Path(os.environ[DATA_VARIABLE]).expanduser().resolve()}
    if isinstance(data.get("folder"), str):
        return {**data, "folder": root / Path(data["folder"]).expanduser()}
    return data


def _inherit(name: str, entry: Any, defaults: dict[str, Any], path: Path) -> Any:
    if not isinstance(entry, dict):
        return entry
    if "name" in entry:
        raise CourseError(f"{path}: assignments.{name}.name: {name} is the name; delete this key")
    merged: dict[str, Any] = {**defaults, **entry, "name": name}
    for key in ("limits", "late"):
        if isinstance(defaults.get(key), dict) and isinstance(entry.get(key), dict):
            merged[key] = {**defaults[key], **entry[key]}
    return merged


def _valid(model: type[BaseModel], values: Any) -> bool:
    """Whether defaults may be passed on. Where they may not, the model's own check reports them once."""
    try:
        model.model_validate(values)
    except ValidationError:
        return False
    return True
