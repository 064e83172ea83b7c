"""Each key of a file: did it take effect, and what did mlx-lm do instead?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from rapidfuzz import fuzz, process

from understudy.lint.keys import (
    ALPHA,
    ALSO_READ,
    CARRIED_WHOLE,
    CHOICES,
    DEFAULTS,
    DORA,
    LORA_KEYS,
    MEANT,
    SCHEDULE_KEYS,
    SHADOWED,
    UNTRANSLATABLE,
)
from understudy.lint.reading import Written, read

Kind = Literal["dead", "type", "twice", "fails"]


@dataclass(frozen=True)
class Finding:
    """Something in the file that does not do what it says."""

    kind: Kind
    """`dead`: never read; `type`: read as something else; `fails`: mlx-lm stops at it."""
    key: str
    """As written, dotted where it stands inside another."""
    line: int | None
    value: Any
    says: str
    """What mlx-lm made of it, and where it belongs."""
    meant: str | None = None
    """mlx-lm's own key for it, dotted."""


@dataclass(frozen=True)
class Linted:
    """A file, judged."""

    findings: tuple[Finding, ...]
    effective: Mapping[str, Any]
    """Every setting that the run had, whatever the file says."""
    written: Written


def lint(text: str, *, where: str = "the file") -> Linted:
    """Say which keys of an mlx-lm training file took effect.

    Raises:
        ConfigError: It is no YAML, or holds no mapping.
    """
    written = read(text, where=where)
    effective = effective_settings(written.values)
    findings = [
        *(_twice(written, key, line) for key, line in written.twice),
        *_keys(written, effective),
        *_inside(written, effective),
        *_types(written),
        *_choices(written),
    ]
    ordered = sorted(findings, key=lambda one: (one.line or 0, one.key))
    return Linted(tuple(ordered), effective, written)


def effective_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """What `mlx_lm.lora --config` trains with: known keys that are no null, else its defaults."""
    taken = {
        key: value
        for key, value in values.items()
        if value is not None and key in DEFAULTS and key not in SHADOWED
    }
    return {**DEFAULTS, **taken}


def meant_by(key: str) -> str | None:
    """mlx-lm's own key for what somebody wrote, or None."""
    plain = key.replace("-", "_").lower()
    if plain in DEFAULTS or plain in ALSO_READ:
        return plain
    if plain in ALPHA:
        return "lora_parameters.scale"
    if plain in DORA:
        return "fine_tune_type"
    return MEANT.get(plain)


def value_at(settings: Mapping[str, Any], key: str) -> Any:
    """The value under a dotted key, None where there is none."""
    found: Any = settings
    for part in key.split("."):
        found = cast("Mapping[str, Any]", found).get(part) if isinstance(found, Mapping) else None
    return found


def _twice(written: Written, key: str, line: int) -> Finding:
    value = value_at(written.values, key)
    says = f"stands more than once; the last one, {value!r}, took effect"
    return Finding("twice", key, line, value, says)


def _keys(written: Written, effective: Mapping[str, Any]) -> Iterator[Finding]:
    for key, value in written.values.items():
        if key in SHADOWED:
            yield Finding(
                "dead",
                key,
                written.lines.get(key),
                value,
                "is read from the command line only: give it there",
            )
        elif key not in DEFAULTS and key not in ALSO_READ:
            yield from _dead(key, value, written, effective)


def _dead(
    key: str, value: Any, written: Written, effective: Mapping[str, Any]
) -> Iterator[Finding]:
    """A key that mlx-lm does not know; of a section that it does not know, each key inside."""
    meant = meant_by(key.rpartition(".")[2])
    if isinstance(value, Mapping) and meant not in CARRIED_WHOLE:
        for inner, one in cast("Mapping[str, Any]", value).items():
            yield from _dead(f"{key}.{inner}", one, written, effective)
        return
    line = written.lines.get(key)
    yield Finding("dead", key, line, value, _about(key, meant, effective), meant)


def _about(key: str, meant: str | None, effective: Mapping[str, Any]) -> str:
    last = key.rpartition(".")[2].replace("-", "_").lower()
    if meant is None:
        return f"is not read: {UNTRANSLATABLE.get(last) or _nearest(last)}"
    had = value_at(effective, meant)
    said = f"is not read: {meant} was {'not set' if had is None else repr(had)}"
    if last in ALPHA:
        return f"{said}. mlx-lm has no alpha; the update is scale times B times A"
    if last in DORA:
        return f"{said}. DoRA is fine_tune_type: dora"
    return said


def _nearest(key: str) -> str:
    found = process.extractOne(key, list(DEFAULTS), scorer=fuzz.ratio, score_cutoff=75)
    return f"did you mean {found[0]}?" if found else "mlx-lm has nothing of that name"


# --- inside the two mappings, and types -------------------------------------------


def _inside(written: Written, effective: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _lora(written, effective)
    schedule = written.values.get("lr_schedule")
    if isinstance(schedule, Mapping):
        yield from _unknown("lr_schedule", cast("Mapping[str, Any]", schedule), written)
        if "learning_rate" in written.values:
            yield Finding(
                "dead",
                "learning_rate",
                written.lines.get("learning_rate"),
                written.values["learning_rate"],
                "is not read beside lr_schedule: its first argument is the rate",
            )


def _unknown(section: str, found: Mapping[str, Any], written: Written) -> Iterator[Finding]:
    for key, value in found.items():
        if key not in SCHEDULE_KEYS:
            name = f"{section}.{key}"
            known = ", ".join(SCHEDULE_KEYS)
            yield Finding(
                "dead", name, written.lines.get(name), value, f"is not read: it takes {known}"
            )


def _lora(written: Written, effective: Mapping[str, Any]) -> Iterator[Finding]:
    lora = written.values.get("lora_parameters")
    if lora is None or effective["fine_tune_type"] == "full":
        return
    if not isinstance(lora, Mapping):
        says = f"must hold {', '.join(LORA_KEYS)}: mlx-lm stops at it"
        yield Finding("fails", "lora_parameters", written.lines["lora_parameters"], lora, says)
        return
    given = cast("Mapping[str, Any]", lora)
    for key, value in given.items():
        if key not in LORA_KEYS:
            name = f"lora_parameters.{key}"
            meant = meant_by(key)
            says = _about(name, meant, {**effective, "lora_parameters": given})
            yield Finding("dead", name, written.lines.get(name), value, says, meant)
    lacking = [key for key in ("rank", "scale", "dropout") if key not in given]
    if lacking:
        yield Finding(
            "fails",
            "lora_parameters",
            written.lines.get("lora_parameters"),
            lora,
            f"lacks {', '.join(lacking)}: it takes the place of mlx-lm's whole default, and the "
            "training stops with a KeyError",
        )


def _types(written: Written) -> Iterator[Finding]:
    for key, value in written.values.items():
        if key in DEFAULTS and key not in SHADOWED:
            yield from _type(key, value, DEFAULTS[key], written)
    lora = written.values.get("lora_parameters")
    if isinstance(lora, Mapping):
        wanted = cast("Mapping[str, Any]", DEFAULTS["lora_parameters"])
        for key, value in cast("Mapping[str, Any]", lora).items():
            if key in wanted:
                yield from _type(f"lora_parameters.{key}", value, wanted[key], written)


def _type(key: str, value: Any, default: Any, written: Written) -> Iterator[Finding]:
    line = written.lines.get(key)
    if not isinstance(value, str) or isinstance(default, str) or default is None:
        return
    if isinstance(default, bool):
        took = bool(value)
        if plain(value, default) is not took:
            says = f"is the text {value!r}, which counts as {took}: write it without quotes"
            yield Finding("type", key, line, value, says, key)
        return
    says = f"is the text {value!r} and no number: mlx-lm stops at it. Write it without quotes"
    yield Finding("fails", key, line, value, says, key)


def _choices(written: Written) -> Iterator[Finding]:
    """The parser checks these on its command line and not in a file."""
    for key, known in CHOICES.items():
        value = written.values.get(key)
        if value is not None and str(value).lower() not in known:
            says = f"is none of {', '.join(known)}: mlx-lm stops at it"
            yield Finding("fails", key, written.lines.get(key), value, says)


def plain(value: Any, default: Any) -> Any:
    """The value of the type that its key takes, where a text can be read as one."""
    if not isinstance(value, str):
        return value
    word = value.strip()
    if isinstance(default, bool):
        return word.lower() not in {"", "false", "no", "off", "0"}
    for number in (int, float):
        try:
            return number(word)
        except ValueError:
            continue
    return value
