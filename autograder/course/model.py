"""What the models of course.yaml have in common: frozen, no unknown keys, and fields that a person fills in."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from autograder.course.wording import unknown

Seconds = Annotated[float, Field(strict=True, gt=0, le=7 * 86_400, allow_inf_nan=False)]
NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    set_by_loader: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any) -> Any:
        """Name the keys that there are, which pydantic's own message does not."""
        if isinstance(values, dict):
            known = [name for name in cls.model_fields if name not in cls.set_by_loader]
            for key in values:
                if key not in cls.model_fields:
                    raise PydanticCustomError(
                        "unknown_key", "{text}", {"text": unknown(str(key), known), "key": key}
                    )
        return values
