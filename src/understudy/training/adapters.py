"""What is trained: adapters put into a base, and read back to see what really was put there.

`mlx_lm.lora` accepts unknown keys in silence; of the old pipeline's 16 settings
files 15 set keys that did nothing (FACTS 14). So the effective configuration is
read from the tensors and compared with what was asked, before anything trains.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten

from understudy.artifacts import Artifact, write_bytes, write_json
from understudy.errors import TrainingError
from understudy.records import Record
from understudy.settings import TrainSettings

ADAPTER = "adapters.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.(.+)$")


class Effective(Record):
    """What the tensors say is being trained."""

    fine_tune: str
    rank: int | None
    """Of the adapters; None for full fine-tuning, as are scale and dropout."""
    scale: float | None
    dropout: float | None
    layers: tuple[int, ...]
    """Indices of the layers that train."""
    modules: tuple[str, ...]
    """Names inside a layer."""
    trainable_parameters: int
    total_parameters: int
    learning_rate_times_scale: float | None
    """What to compare between runs: mlx-lm has no alpha (FACTS 15)."""


def prepare(model: Any, settings: TrainSettings, *, seed: int) -> Effective:
    """Freeze the base, put the adapters in and check that they are what was asked for.

    Args:
        seed: Of the adapters' first values.

    Raises:
        TrainingError: The base cannot be trained like this, or something else than what was
            asked for would be trained.
    """
    depth = len(model.layers)
    count = depth if settings.lora.layers == -1 else settings.lora.layers
    if not 1 <= count <= depth:
        raise TrainingError(
            f"train.lora.layers is {settings.lora.layers}, but the base has {depth} layers: "
            f"set 1 to {depth}, or -1 for all"
        )
    model.freeze()
    mx.random.seed(seed)
    if settings.fine_tune == "full":
        _unfreeze(model, count)
    else:
        _insert(model, settings, count)
    effective = read_back(model, settings)
    _compare(effective, settings, count)
    return effective


def _unfreeze(model: Any, count: int) -> None:
    """The last layers, as `mlx_lm.lora --fine-tune-type full` does."""
    if any("scales" in module for module in model.modules()):
        raise TrainingError(
            "full fine-tuning needs a base that is not quantised: take the bf16 base, or set "
            "train.fine_tune to lora"
        )
    for layer in model.layers[-count:]:
        layer.unfreeze()


def _insert(model: Any, settings: TrainSettings, count: int) -> None:
    from mlx_lm.tuner.utils import linear_to_lora_layers

    lora = settings.lora
    if lora.modules is not None:
        _check_modules(model, lora.modules)
    options: dict[str, Any] = lora_parameters(settings)
    try:
        linear_to_lora_layers(model, count, options, use_dora=settings.fine_tune == "dora")
    except ValueError as error:
        raise TrainingError(f"the base cannot take {settings.fine_tune}: {error}") from error


def _check_modules(model: Any, modules: tuple[str, ...]) -> None:
    inside = {name for name, _ in model.layers[-1].named_modules() if name}
    outside = {name for name, _ in model.named_modules() if name}
    unknown = [name for name in modules if name not in inside | outside]
    if unknown:
        known = ", ".join(sorted(name for name in inside if name.endswith("proj")))
        raise TrainingError(
            f"train.lora.modules names {', '.join(unknown)}, which the base does not have. Its "
            f"layers have {known or ', '.join(sorted(inside))}"
        )


def lora_parameters(settings: TrainSettings) -> dict[str, Any]:
    """The keys that mlx-lm reads, and no others."""
    lora = settings.lora
    options: dict[str, Any] = {"rank": lora.rank, "scale": lora.scale, "dropout": lora.dropout}
    return options if lora.modules is None else {**options, "keys": list(lora.modules)}


def read_back(model: Any, settings: TrainSettings) -> Effective:
    """Read from the tensors what is being trained.

    Raises:
        TrainingError: Nothing is, or the adapters differ among each other.
    """
    trainable = flat(model.trainable_parameters())
    if not trainable:
        raise TrainingError("nothing would be trained: no parameter of the base is free")
    adapted = [module for _, module in model.named_modules() if "lora_a" in module]
    return Effective(
        fine_tune=_kind(adapted),
        rank=_only("rank", [_rank(module) for module in adapted]),
        scale=_only("scale", [float(module.scale) for module in adapted]),
        dropout=_only("dropout", [_dropout(module) for module in adapted]),
        layers=tuple(sorted({int(m[1]) for m in map(_LAYER.search, trainable) if m})),
        modules=tuple(sorted({_module(name) for name in trainable})),
        trainable_parameters=sum(value.size for value in trainable.values()),
        total_parameters=_total(model),
        learning_rate_times_scale=settings.learning_rate * float(adapted[0].scale)
        if adapted
        else None,
    )


def _kind(adapted: list[Any]) -> str:
    if not adapted:
        return "full"
    return "dora" if "m" in adapted[0] else "lora"


def _rank(module: Any) -> int:
    shape = module.lora_a.shape
    return int(shape[1])  # (in, rank), or (experts, rank, in)


def _dropout(module: Any) -> float:
    return round(1 - getattr(module.dropout, "_p_1", 1.0), 6)


def _only(name: str, values: list[Any]) -> Any:
    found = set(values)
    if len(found) > 1:
        raise TrainingError(f"the adapters differ in their {name}: {sorted(found)}")
    return found.pop() if found else None


def _module(parameter: str) -> str:
    found = _LAYER.search(parameter)
    return (found[2] if found else parameter).rpartition(".")[0]


def _total(model: Any) -> int:
    from mlx_lm.utils import get_total_parameters

    return int(get_total_parameters(model))


def _compare(effective: Effective, settings: TrainSettings, count: int) -> None:
    lora = settings.lora
    wanted: dict[str, Any] = {"fine_tune": settings.fine_tune, "layers": count}
    found: dict[str, Any] = {"fine_tune": effective.fine_tune, "layers": len(effective.layers)}
    if settings.fine_tune != "full":
        wanted |= {"rank": lora.rank, "scale": lora.scale, "dropout": round(lora.dropout, 6)}
        found |= {name: getattr(effective, name) for name in ("rank", "scale", "dropout")}
    if lora.modules is not None and not all(
        _trained(name, effective.modules) for name in lora.modules
    ):
        found["modules"], wanted["modules"] = effective.modules, lora.modules
    different = [name for name in wanted if wanted[name] != found[name]]
    if different:
        said = "; ".join(f"{n}: asked {wanted[n]!r}, effective {found[n]!r}" for n in different)
        raise TrainingError(f"something else than asked would be trained: {said}")


def _trained(module: str, effective: tuple[str, ...]) -> bool:
    """Whether a module, or one that it holds, is among those that train."""
    return any(one == module or one.endswith(f".{module}") for one in effective)


# --- files -------------------------------------------------------------------


def flat(tree: Any) -> dict[str, mx.array]:
    """Parameters by dotted name."""
    pairs: Any = tree_flatten(tree)
    return dict(pairs)


def save_adapter(folder: Path, parameters: Any, config: dict[str, Any]) -> dict[str, Artifact]:
    """Write a folder that `mlx_lm.load(adapter_path=…)` accepts.

    Args:
        parameters: Tree of the trained parameters.
        config: See `adapter_config`.
    """
    weights = flat(parameters)
    mx.eval(weights)
    folder.mkdir(parents=True, exist_ok=True)
    return {
        ADAPTER_CONFIG: write_json(folder / ADAPTER_CONFIG, config),
        ADAPTER: write_safetensors(folder / ADAPTER, weights, {"format": "mlx"}),
    }


def write_safetensors(
    path: Path, arrays: dict[str, mx.array], metadata: dict[str, str]
) -> Artifact:
    """Write tensors so that the file appears whole or not at all."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix=".part-", dir=path.parent) as scratch:
        draft = Path(scratch) / path.name
        mx.save_safetensors(str(draft), arrays, metadata)
        return write_bytes(path, draft.read_bytes())


def adapter_config(settings: TrainSettings, effective: Effective) -> dict[str, Any]:
    """What `adapter_config.json` holds: the keys that mlx-lm reads, and where they came from."""
    return {
        "fine_tune_type": effective.fine_tune,
        "num_layers": max(1, len(effective.layers)),
        "lora_parameters": lora_parameters(settings),
        "model": settings.base,
        "trainable_parameters": effective.trainable_parameters,
    }
