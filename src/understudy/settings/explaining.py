"""What each setting is: its type, its limits, its meaning, and what is made again when it changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from rapidfuzz import fuzz, process

from understudy.errors import ConfigError
from understudy.settings.remaking import remakes
from understudy.settings.section import Section
from understudy.settings.whole import Settings

_UNITS = {
    "_s": "seconds",
    "_usd": "US dollars",
    "_mb": "megabytes",
    "_chars": "characters",
    "_words": "words",
    "_tokens": "tokens",
    "_seq_length": "tokens",
}
"""By the ending of a key's name."""


_SIGNS = {
    "ge": "≥ ",
    "gt": "> ",
    "le": "≤ ",
    "lt": "< ",
    "min_length": "length ≥ ",
    "pattern": "of the form ",
}
"""By the name that pydantic gives a bound."""


@dataclass(frozen=True)
class Setting:
    """One key of a channel's YAML."""

    key: str
    """Dotted, as `--set` takes it."""
    kind: str
    """Its type in a word, or its choices."""
    limits: str
    """Such as `0 to 1`; empty where anything of the type goes."""
    unit: str
    """Empty for numbers without one."""
    help: str
    remakes: tuple[str, ...]
    """Stages that are made again when it changes; what follows from them goes along."""

    @property
    def shape(self) -> str:
        """Type, limits and unit in a phrase: `float | null, > 0, US dollars`."""
        return ", ".join(part for part in (self.kind, self.limits, self.unit) if part)


def explain(key: str | None = None) -> list[Setting]:
    """List settings in the order of the YAML, all of them or those under `key`.

    Raises:
        ConfigError: There is no such key; names the nearest.
    """
    listed = list(leaves(Settings))
    chosen = [
        one for one in listed if key is None or one.key == key or one.key.startswith(f"{key}.")
    ]
    if not chosen:
        known = [one.key for one in listed]
        raise ConfigError(f"there is no setting {key!r}{nearest(str(key), known)}")
    return chosen


def leaves(model: type[BaseModel], prefix: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every setting below a section, those of sections inside it too."""
    for name, info in model.model_fields.items():
        annotation = info.annotation
        if isinstance(annotation, type) and issubclass(annotation, Section):
            yield from leaves(annotation, (*prefix, name))
        else:
            yield _setting(".".join((*prefix, name)), info)


def nearest(word: str, choices: Iterable[str]) -> str:
    """End a message with the choice that was probably meant; empty where none is near."""
    found = process.extractOne(word, list(choices), scorer=fuzz.ratio, score_cutoff=60)
    return f"; did you mean {found[0]}?" if found else ""


def _setting(key: str, info: FieldInfo) -> Setting:
    return Setting(
        key=key,
        kind=_kind(info.annotation),
        limits=_limits([*info.metadata, *_inside(info.annotation)]),
        unit=next((unit for ending, unit in _UNITS.items() if key.endswith(ending)), ""),
        help=" ".join((info.description or "").split()),
        remakes=remakes(key),
    )


def _kind(annotation: Any) -> str:
    """Say a type as a person would write it."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inside[0])
    if origin is Literal:
        return " | ".join(str(choice) for choice in inside)
    if origin is tuple:
        return f"list of {_kind(inside[0])}"
    if origin in {Union, UnionType}:
        return " | ".join(_kind(choice) for choice in inside)
    return "null" if annotation is NoneType else annotation.__name__


def _inside(annotation: Any) -> Iterator[Any]:
    """The bounds of a type that may also be null."""
    if get_origin(annotation) is Annotated:
        for one in get_args(annotation)[1:]:
            yield from one.metadata if isinstance(one, FieldInfo) else (one,)
    elif get_origin(annotation) in {Union, UnionType}:
        for choice in get_args(annotation):
            yield from _inside(choice)


def _limits(bounds: Iterable[Any]) -> str:
    found = [bound for one in bounds for bound in _bounds(one)]
    if [sign for sign, _ in found] == ["≥ ", "≤ "]:
        return f"{found[0][1]} to {found[1][1]}"
    return ", ".join(f"{sign}{value}" for sign, value in found)


def _bounds(one: Any) -> Iterator[tuple[str, str]]:
    for name, sign in _SIGNS.items():
        if (value := getattr(one, name, None)) is not None:
            yield sign, f"`{value}`" if name == "pattern" else str(value)
