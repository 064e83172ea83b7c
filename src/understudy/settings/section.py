"""What all sections of the settings share: strictness, and the types of their values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

Share = Annotated[float, Field(ge=0, le=1)]


Positive = Annotated[StrictInt, Field(ge=1)]


Count = Annotated[StrictInt, Field(ge=0)]


Seconds = Annotated[float, Field(ge=0)]


Policy = Literal["drop", "flag", "keep"]


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


EnvironmentName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]


class Section(BaseModel):
    """Frozen, and a misspelt key is an error rather than a silent default."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )
