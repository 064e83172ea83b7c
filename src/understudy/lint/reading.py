"""An mlx-lm training file, read as mlx-lm reads it, with the line of each key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import yaml

from understudy.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """PyYAML with the one rule that mlx-lm adds to it: `1e-5` is a number."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"""^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+]?[0-9]+)?
        |[-+]?(?:[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)
        |\.[0-9_]+(?:[eE][-+][0-9]+)?
        |[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*
        |[-+]?\.(?:inf|Inf|INF)
        |\.(?:nan|NaN|NAN))$""",
        re.VERBOSE,
    ),
    list("-+0123456789."),
)


_OURS = (
    ({"channel", "source", "train"}, "a channel's settings"),
    ({"grid", "ranges", "rungs"}, "a sweep"),
)
"""Top-level keys that make a YAML one of Understudy's own, and what it then is."""


@dataclass(frozen=True)
class Written:
    """What a file says."""

    values: Mapping[str, Any]
    lines: Mapping[str, int]
    """Dotted key to its line, from 1."""
    twice: tuple[tuple[str, int], ...] = ()
    """Keys that stand a second time, which PyYAML takes in silence, and where."""


def read(text: str, *, where: str) -> Written:
    """Read a file's text.

    Raises:
        ConfigError: It is no YAML, holds no mapping, or is a YAML of Understudy's own.
    """
    try:
        values: Any = yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)
        node = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"{where} is not YAML: {error}") from error
    if not isinstance(values, dict) or not isinstance(node, yaml.MappingNode):
        raise ConfigError(
            f"{where} is no mlx-lm training file: it must hold keys such as `model:` and "
            "`learning_rate:`"
        )
    for keys, what in _OURS:
        if keys <= values.keys():
            raise ConfigError(
                f"{where} is no mlx-lm training file but {what} of Understudy, of which every key "
                "is checked when it is used: lint is for the YAML of `mlx_lm.lora --config`"
            )
    places = list(_places(node, ""))
    seen: dict[str, int] = {}
    twice: list[tuple[str, int]] = []
    for key, line in places:
        if key in seen:
            twice.append((key, line))
        seen[key] = line
    named = {str(key): value for key, value in cast("dict[Any, Any]", values).items()}
    return Written(named, seen, tuple(twice))


def _places(node: yaml.MappingNode, prefix: str) -> Iterator[tuple[str, int]]:
    for key, value in node.value:
        name = f"{prefix}{getattr(key, 'value', key)}"
        yield name, key.start_mark.line + 1
        if isinstance(value, yaml.MappingNode):
            yield from _places(value, f"{name}.")
