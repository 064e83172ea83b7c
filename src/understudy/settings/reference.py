"""docs/CONFIG.md: every setting with its limits, its values and what is made again when it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from pydantic import BaseModel

from understudy.settings.explaining import Setting, explain
from understudy.settings.whole import Settings

INTRODUCTION = """\
# Settings

Made by `understudy explain --markdown > docs/CONFIG.md`; a test holds it to that. Change the sentence
where the setting is declared, in `src/understudy/settings/`.

A channel is one YAML with every key below, and no other. `understudy explain KEY` says the same in the
terminal, `--set KEY=VALUE` changes a key for one run, and the Prefect form has them all. The settings
that took effect are written beside each result.

*Value* is that of `{reference}`, from which a new channel is copied, and below it those of the
other configs where they differ. *Made again* names the stages that a change makes stale when the
command is run the next time; what follows from them is made again only where their result is another
one. At a dash nothing is: the key says how work is done, or when to stop, and not what comes out. The
teacher's keys concern `audit`, `augment` and `evaluate` only where a paid model does or judges them. What a paid teacher has
answered before is in the ledger, whatever is made again.
"""


_WORDS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "`true` or `false`",
    "list of str": "list of texts",
}


def markdown(
    configs: Mapping[str, Mapping[str, Any]], *, reference: str, listed: Sequence[Setting] = ()
) -> str:
    """Render the reference of all settings, section by section in the order of the YAML.

    Args:
        configs: Name of each committed config to its settings, nested as in the file.
        reference: Which of them the values are of; the others are shown where they differ.
        listed: The settings; all there are by default.
    """
    parts = [INTRODUCTION.format(reference=f"config/{reference}.yaml")]
    for section, settings in groupby(listed or explain(), lambda one: one.key.split(".")[0]):
        parts.append(f"## {section}\n\n{_about(section)}\n")
        parts.append("| Key | Type | Value | Meaning | Made again |\n|---|---|---|---|---|")
        parts += [_line(one, configs, reference) for one in settings]
        parts.append("")
    return "\n".join(parts)


def _about(section: str) -> str:
    """The section's own sentences, and those of the sections inside it."""
    model: Any = Settings.model_fields[section].annotation
    inside = [
        f"`{section}.{name}`: {_sentences(info.annotation)}"
        for name, info in model.model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
    ]
    return "\n\n".join([_sentences(model), *inside])


def _sentences(model: Any) -> str:
    return " ".join((model.__doc__ or "").split())


def _line(one: Setting, configs: Mapping[str, Mapping[str, Any]], reference: str) -> str:
    cells = (
        f"`{one.key}`",
        _shape(one),
        _values(one.key, configs, reference),
        one.help,
        ", ".join(one.remakes) or "–",
    )
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _shape(one: Setting) -> str:
    *most, last = (_WORDS.get(word, word) for word in one.kind.split(" | "))
    kind = f"{', '.join(most)} or {last}" if most else last
    return ", ".join(part for part in (kind, one.limits, one.unit) if part)


def _values(key: str, configs: Mapping[str, Mapping[str, Any]], reference: str) -> str:
    shown = {name: _value(raw, key) for name, raw in configs.items()}
    usual = shown[reference]
    others = {value for value in shown.values() if value != usual}
    told = [
        f"{', '.join(name for name, given in shown.items() if given == value)}: {value}"
        for value in sorted(others)
    ]
    return "<br>".join([usual, *told])


def _value(raw: Mapping[str, Any], key: str) -> str:
    """A setting's value as the YAML says it."""
    value: Any = raw
    for part in key.split("."):
        value = value[part]
    match value:
        case None:
            return "`null`"
        case bool():
            return f"`{str(value).lower()}`"
        case list():
            return f"`[{', '.join(map(str, value))}]`"
        case _:
            return f"`{value}`"
