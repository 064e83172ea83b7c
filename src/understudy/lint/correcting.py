"""The file that says what was meant, and in plain words what the old one did."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from understudy.lint.judging import Finding, Linted, effective_settings, plain, value_at
from understudy.lint.keys import (
    ALPHA,
    ALSO_READ,
    DEFAULTS,
    DORA,
    LORA_KEYS,
    SCHEDULE_KEYS,
    SHADOWED,
)

_DECAYS = frozenset({"adamw", "muon", "sgd"})
"""Optimizers of mlx that take a weight decay."""


@dataclass
class Corrected:
    """A file whose every key takes effect."""

    values: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    """What could not be carried over, and what was reckoned."""

    def text(self, name: str) -> str:
        """The file, what was left out as comments at its end.

        Args:
            name: Of the file it was made from.
        """
        head = f"# Made from {_one_line(name)} by `understudy lint --fix`: mlx-lm reads every key here.\n"
        tail = "".join(f"# {_one_line(note)}\n" for note in self.notes)
        return head + yaml.safe_dump(self.values, sort_keys=False, allow_unicode=True) + tail


def correct(linted: Linted) -> Corrected:
    """Carry each dead key to where mlx-lm reads it, unless a live key already says otherwise."""
    made = Corrected(_live(linted.written.values))
    dead = [one for one in linted.findings if one.kind == "dead"]
    for one in sorted(dead, key=_late):
        _carry(one, made)
    if isinstance(made.values.get("lr_schedule"), Mapping):
        made.values.pop("learning_rate", None)
    lora = made.values.get("lora_parameters")
    if isinstance(lora, Mapping):
        made.values["lora_parameters"] = {
            **cast("Mapping[str, Any]", DEFAULTS["lora_parameters"]),
            **cast("Mapping[str, Any]", lora),
        }
    return made


def _late(one: Finding) -> tuple[bool, bool]:
    """Alpha needs the rank first, and the one inside lora_parameters counts before a flat one."""
    return _is(one, ALPHA), "." not in one.key


def _live(values: Mapping[str, Any]) -> dict[str, Any]:
    known = (DEFAULTS.keys() | ALSO_READ) - SHADOWED
    kept = {
        key: plain(value, DEFAULTS.get(key))
        if isinstance(DEFAULTS.get(key), bool | int | float)
        else value
        for key, value in values.items()
        if key in known and value is not None
    }
    if not isinstance(kept.get("lora_parameters", {}), Mapping):
        del kept["lora_parameters"]
    for key, inside in (("lora_parameters", LORA_KEYS), ("lr_schedule", SCHEDULE_KEYS)):
        if isinstance(section := kept.get(key), Mapping):
            kept[key] = {
                name: plain(value, 0.0) if name in {"rank", "scale", "dropout"} else value
                for name, value in cast("Mapping[str, Any]", section).items()
                if name in inside
            }
    return kept


def _carry(one: Finding, made: Corrected) -> None:
    wrote = f"{one.key}: {json.dumps(one.value, default=str)}"
    if one.meant is None or one.value is None or one.key in SHADOWED:
        made.notes.append(f"left out {wrote}, which {one.says}")
    elif _is(one, DORA):
        if plain(one.value, default=False):
            _set(made, one.meant, "dora", wrote)
    elif _is(one, ALPHA):
        _carry_alpha(one, made, wrote)
    elif one.meant == "optimizer_config.weight_decay":
        _carry_decay(one, made, wrote)
    else:
        value = plain(one.value, value_at(DEFAULTS, one.meant))
        _set(made, one.meant, value, wrote)


def _is(one: Finding, names: frozenset[str]) -> bool:
    return one.key.rpartition(".")[2].replace("-", "_").lower() in names


def _set(made: Corrected, key: str, value: Any, wrote: str) -> None:
    section, _, name = key.rpartition(".")
    into: dict[str, Any] = made.values.setdefault(section, {}) if section else made.values
    if name in into:
        made.notes.append(
            f"left out {wrote}: {key} is {json.dumps(into[name], default=str)} already"
        )
    else:
        into[name] = value


def _carry_alpha(one: Finding, made: Corrected, wrote: str) -> None:
    lora: dict[str, Any] = made.values.setdefault("lora_parameters", {})
    rank, alpha = lora.get("rank", 8), plain(one.value, 0.0)
    if "scale" in lora or not isinstance(alpha, int | float) or not rank:
        made.notes.append(f"left out {wrote}: mlx-lm has no alpha, only lora_parameters.scale")
        return
    lora["scale"] = round(alpha / rank, 6)
    made.notes.append(
        f"{wrote} became lora_parameters.scale: {lora['scale']:g}, alpha / rank as elsewhere. "
        "mlx-lm's own scale is 20: a learning rate found with that is not the right one for this"
    )


def _carry_decay(one: Finding, made: Corrected, wrote: str) -> None:
    optimizer = str(made.values.get("optimizer", DEFAULTS["optimizer"])).lower()
    if optimizer not in _DECAYS:
        made.notes.append(f"left out {wrote}: the optimizer {optimizer} takes none, adamw does")
        return
    config: dict[str, Any] = made.values.setdefault("optimizer_config", {})
    options: dict[str, Any] = config.setdefault(optimizer, {})
    options.setdefault("weight_decay", plain(one.value, 0.0))


# --- in words ----------------------------------------------------------------------


def what_it_did(settings: Mapping[str, Any]) -> list[str]:
    """What a run of these settings trains, in sentences.

    Args:
        settings: See `effective_settings`.
    """
    return [_adapter(settings), _updates(settings), _rate(settings), _rows(settings)]


def what_it_would_do(made: Corrected) -> list[str]:
    """The same for a corrected file."""
    return what_it_did(effective_settings(made.values))


def _adapter(settings: Mapping[str, Any]) -> str:
    layers = settings["num_layers"]
    where = "all layers" if layers == -1 else f"the last {layers} layers"
    if settings["fine_tune_type"] == "full":
        return f"full fine-tuning of {where}"
    lora = _lora(settings)
    said = ", ".join(f"{key} {lora.get(key, 'missing')}" for key in ("rank", "scale", "dropout"))
    return f"{settings['fine_tune_type']}, {said}, on {where}"


def _updates(settings: Mapping[str, Any]) -> str:
    iters, steps = settings["iters"], settings["grad_accumulation_steps"]
    if not isinstance(iters, int) or not isinstance(steps, int) or steps < 1:
        return f"{iters} iterations"
    lost = iters % steps
    said = f"{iters} iterations at batch size {settings['batch_size']} = {iters // steps} updates"
    return f"{said}, the last {lost} iterations dropped" if lost else said


def _rate(settings: Mapping[str, Any]) -> str:
    if settings["lr_schedule"]:
        return f"learning rate by lr_schedule, {settings['optimizer']}"
    rate = settings["learning_rate"]
    scale = _lora(settings).get("scale")
    if settings["fine_tune_type"] == "full" or not isinstance(scale, int | float):
        return f"learning rate {rate}, {settings['optimizer']}"
    if not isinstance(rate, int | float):
        return f"learning rate {rate!r}, which is no number"
    return f"learning rate {rate:g} x scale {scale:g} = {rate * scale:g}, {settings['optimizer']}"


def _lora(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    found = settings["lora_parameters"]
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def _rows(settings: Mapping[str, Any]) -> str:
    masked = "the answers only" if settings["mask_prompt"] else "prompts and answers alike"
    return f"learns {masked}, rows cut at {settings['max_seq_length']} tokens"


def _one_line(text: str) -> str:
    return " ".join(text.split())
