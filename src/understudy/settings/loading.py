"""Read a channel's YAML, override single keys, and say exactly what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    create_model,
    model_serializer,
)

from understudy.errors import ConfigError
from understudy.settings.explaining import leaves, nearest
from understudy.settings.model import NO_ALPHA
from understudy.settings.whole import Settings

_CHANNEL = re.compile(rb"^channel:", re.MULTILINE)


class _Loader(yaml.SafeLoader):
    """No surprises: `1e-5` is a number, `no` a word, `010` and `1:30` no numbers, and no key twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (PyYAML's own class attribute)
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag
            not in {
                "tag:yaml.org,2002:int",
                "tag:yaml.org,2002:float",
                "tag:yaml.org,2002:bool",
                "tag:yaml.org,2002:timestamp",
            }
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a word", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(0|[1-9]\d*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"^[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$"
    ),
    list("-+0123456789."),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


class _Sparse(BaseModel):
    """Serialises only what was set, so that the form's default is empty and not full of nulls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_serializer(mode="wrap")
    def _set_only(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = handler(self)
        return {
            name: value
            for name, value in dumped.items()
            if name in self.model_fields_set and value != {}
        }


def _optional_twin(model: type[BaseModel]) -> type[BaseModel]:
    """The same model with every field optional: what a form or a flag may override."""
    fields: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        annotation = info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            twin = _optional_twin(annotation)
            fields[name] = (
                twin,
                Field(default_factory=twin, title=name, description=_first_line(annotation)),
            )
        else:
            kept = Field(
                default=None,
                title=name,
                description=info.description,
                json_schema_extra=_without_null,
            )
            bounded: Any = annotation
            for limit in info.metadata if annotation is not bool else ():
                bounded = Annotated[bounded, limit]
            fields[name] = (bounded | None, kept)
    return create_model(
        f"{model.__name__.removesuffix('Settings') or 'All'}Overrides",
        __base__=_Sparse,
        __doc__=model.__doc__,
        **fields,
    )


def _without_null(schema: dict[str, Any]) -> None:
    """Let the Prefect form show one field of one type, left out unless somebody fills it in.

    With `null` as a choice and as the default the form sends a null for every setting.
    """
    schema.pop("default", None)
    choices = [one for one in schema.pop("anyOf", []) if one.get("type") != "null"]
    if choices == [{"type": "boolean"}]:
        # A checkbox cannot be left out: it would send false for every switch nobody touched.
        choices = [{"type": "string", "enum": ["true", "false"]}]
    if len(choices) == 1:
        schema.update(choices[0])
    elif choices:
        schema["anyOf"] = choices


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


if TYPE_CHECKING:

    class Overrides(BaseModel):
        """Every setting, optional: the flow parameter that the Prefect form shows by section."""

else:
    Overrides = _optional_twin(Settings)


def load_settings(path: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read one channel's YAML and apply overrides.

    Args:
        overrides: Nested like the file; only what is to change.

    Raises:
        ConfigError: The file is missing or no YAML, or a value does not fit. All problems are
            named at once, each with its key and the nearest valid one.
    """
    return settings_from(read_yaml(path), where=str(path), overrides=overrides)


def channel_files(root: Path) -> list[Path]:
    """The files under `config/` that set up a channel, whether or not they can be used."""
    found = sorted((root / "config").glob("*.yaml"))
    return [one for one in found if _CHANNEL.search(one.read_bytes())]


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        ConfigError: It does not exist, is no YAML or holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        near = nearest(path.name, [found.name for found in path.parent.glob("*.yaml")])
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"cannot read the settings file {path}{near}: {why}") from error
    try:
        loaded = yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    if not isinstance(loaded, dict):
        raise ConfigError(
            f"{path} must hold sections such as `train:`, got {type(loaded).__name__}"
        )
    return cast("dict[str, Any]", loaded)


def settings_from(
    raw: Mapping[str, Any], *, where: str, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Validate a mapping as settings.

    Args:
        where: Named in messages, usually the file.

    Raises:
        ConfigError: See `load_settings`.
    """
    try:
        return Settings.model_validate(override(raw, overrides or {}))
    except ValidationError as error:
        problems = "\n".join(f"  {line}" for line in _problems(error))
        changed = " with what was set for this run" if overrides else ""
        raise ConfigError(f"{where}{changed} cannot be used:\n{problems}") from error


def override(raw: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `raw` with the leaves of `changes` in place of its own."""
    merged = dict(raw)
    for key, value in changes.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = override(
                cast("Mapping[str, Any]", below), cast("Mapping[str, Any]", value)
            )
        else:
            merged[key] = value
    return merged


def parse_assignments(assignments: Iterable[str]) -> dict[str, Any]:
    """Turn `train.learning_rate=1e-4` from a command line into nested overrides.

    Raises:
        ConfigError: There is no `=`, or the value is no YAML.
    """
    nested: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"--set takes KEY=VALUE, such as train.epochs=3, got {assignment!r}")
        try:
            value: Any = yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise ConfigError(f"--set {key}: {text!r} is not YAML: {error}") from error
        for part in reversed(key.strip().split(".")):
            value = {part: value}
        nested = override(nested, value)
    return nested


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        location = [str(part) for part in problem["loc"]]
        key = ".".join(location)
        if problem["type"] == "extra_forbidden":
            known = f"; {NO_ALPHA}" if location[-1].endswith("alpha") else _nearest_key(location)
            yield f"{key}: unknown key{known}"
        elif problem["type"] == "missing":
            yield f"{key}: missing; copy the line from config/jason_fung.yaml"
        elif problem["type"] == "model_type":
            yield f"{key}: must be a section with keys of its own, got {problem['input']!r}"
        else:
            message = problem["msg"].removeprefix("Value error, ")
            given = problem["input"]
            shown = "" if isinstance(given, Mapping | BaseModel) else f", got {given!r}"
            yield f"{key}: {message}{shown}"


def _nearest_key(location: list[str]) -> str:
    keys = [one.key for one in leaves(Settings)]
    sections = sorted({key.rpartition(".")[0] for key in keys})
    inside = ".".join(location[:-1])
    siblings = [key for key in [*keys, *sections] if key.rpartition(".")[0] == inside]
    elsewhere = [key for key in keys if key.rpartition(".")[2] == location[-1]]
    if elsewhere:
        return f"; did you mean {elsewhere[0]}?"
    return nearest(".".join(location), siblings) or f"; valid here: {', '.join(siblings)}"
