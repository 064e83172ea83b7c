"""What a training was made of, then and now, and exactly where the two differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from understudy.nested import flattened

Kind = Literal["dataset", "base", "settings", "packages", "code", "machine"]
_BASE = {
    "weights": "the base's weights",
    "config": "the base's config",
    "tokenizer": "the base's tokenizer",
    "template": "the base's chat template",
}
_MACHINE = ("python", "system", "machine", "device", "blas")


@dataclass(frozen=True)
class Difference:
    """One input that is another than it was."""

    kind: Kind
    name: str
    then: Any
    now: Any

    @property
    def decides(self) -> bool:
        """Whether the result must be expected to be another.

        Another commit need not change a training, and another machine only rounds otherwise.
        """
        return self.kind not in {"code", "machine"}

    def __str__(self) -> str:
        return f"{self.name}: {_short(self.then)} then, {_short(self.now)} now"


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Compare two runs' metadata, of which the second need not have been trained.

    Args:
        then: `run_metadata.json`.
        now: The same keys, as things are: `dataset`, `base`, `hyperparameters`, `environment`,
            `lock` and `git`. A key that is not there is not compared.
    """
    return [*_data(then, now), *_settings(then, now), *_programs(then, now)]


def _data(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    for name, one, other in _changed(then["dataset"]["sha256"], now["dataset"]["sha256"]):
        yield Difference("dataset", f"the dataset's {name}", one, other)
    for name, one, other in _changed(then["base"]["sha256"], now["base"]["sha256"]):
        yield Difference("base", _BASE.get(name, name), one, other)


def _settings(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    one = dict(flattened(then["hyperparameters"], "train"))
    other = dict(flattened(now["hyperparameters"], "train"))
    for name, before, after in _changed(one, other):
        yield Difference("settings", f"the setting {name}", before, after)


def _programs(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    one, other = then.get("environment", {}), now.get("environment", {})
    for name, before, after in _changed(one.get("packages", {}), other.get("packages", {})):
        yield Difference("packages", f"the package {name}", before, after)
    if "lock" in then and then["lock"] != now.get("lock"):
        yield Difference("packages", "the lock file", then["lock"], now.get("lock"))
    if "git" in now and then.get("git") != now["git"]:
        yield Difference("code", "the code's commit", _commit(then.get("git")), _commit(now["git"]))
    for name in _MACHINE:
        if name in other and one.get(name) != other[name]:
            yield Difference("machine", name, one.get(name), other[name])


def _changed(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in dict.fromkeys([*one, *other]):
        if one.get(name) != other.get(name):
            yield name, one.get(name), other.get(name)


def _commit(state: Any) -> str:
    if not isinstance(state, Mapping):
        return str(state)
    found = cast("Mapping[str, Any]", state)
    changed = " with uncommitted changes" if found.get("has_uncommitted_changes") else ""
    return f"{str(found.get('commit'))[:12]}{changed}"


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text
