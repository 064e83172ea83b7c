"""What all sections of the settings share: strictness, and the types of their values."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt

Share = Annotated[float, Field(ge=0, le=1)]


Positive = Annotated[StrictInt, Field(ge=1)]


Count = Annotated[StrictInt, Field(ge=0)]


Seconds = Annotated[float, Field(ge=0)]


Policy = Literal["drop", "flag", "keep"]


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


EnvironmentName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]


def _inside(named: str) -> str:
    path = PurePath(named)
    if path.is_absolute() or ".." in path.parts or "\\" in named or "\x00" in named:
        raise ValueError("lies outside the project: name it from the project's folder on")
    return named


ProjectFile = Annotated[str, AfterValidator(_inside)]
"""A file of the project: what it holds goes to a provider or into a training."""


class Section(BaseModel):
    """Frozen, and a misspelt key is an error rather than a silent default."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )
