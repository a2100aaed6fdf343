"""What a course uses besides its own folder: data sets, a cluster."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from autograder.course.model import Line, Model, Seconds


class DataFolder(Model):
    """Where the data sets lie, in Keras's file format. The environment variable AUTOGRADER_DATA wins.

    `embedded: true` takes the small stand-ins even where the data sets are at hand: for demonstrations.
    """

    folder: Path | None = None
    embedded: Annotated[bool, Field(strict=True)] = False


class Certificates(Model):
    """PEM files with which this machine and the scheduler know each other."""

    ca: Path  # of the authority that signed every certificate of the cluster
    cert: Path
    key: Path


class Cluster(Model):
    """Dask's scheduler that gradings are given to. Without `address`, the option --cluster must name it."""

    address: Line | None = None  # tls://host:port, or tcp://host:port within one machine
    wait_s: Seconds = 60.0  # how long there may be no worker that can grade
    resources: dict[Line, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )  # that each grading takes
    shared_folder: Path | None = None  # seen by this machine and all workers under the same path
    tls: Certificates | None = None

    @field_validator("address")
    @classmethod
    def _has_a_protocol(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"(tls|tcp)://.+", value):
            raise PydanticCustomError("address", "expected tls://host:port or tcp://host:port")
        return value
