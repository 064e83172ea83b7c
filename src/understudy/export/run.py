"""One export from its files to its files. Run in a child: `python -m understudy.export.run`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx

from understudy.artifacts import write_json, write_text
from understudy.errors import BaseModelError, ExportError
from understudy.export import fusing, parity
from understudy.export.formats import takes_gguf
from understudy.export.gate import refused
from understudy.export.gguf import NAME, read_gguf, write_gguf
from understudy.export.modelfile import check_turn, cut, modelfile
from understudy.export.records import REPORT, ExportReport, Survival
from understudy.export.spec import ExportSpec
from understudy.inference import LoadedModel
from understudy.models import NO_FOREIGN_CODE
from understudy.training.chat import ChatFormat

Send = Callable[[dict[str, Any]], None]
MODELFILE = "Modelfile"


def export(spec: ExportSpec, send: Send, fuse: fusing.Fuse = fusing.fuse) -> ExportReport:
    """Write the export into its draft folder, and refuse it where it is another model.

    Args:
        fuse: Adds the adapter to the base.

    Raises:
        ExportError: The export does not do what the adapter does; says what differs.
        BaseModelError: The base cannot be loaded.
        TrainingError: The adapter does not belong to it.
    """
    answers = _asked(spec, send)
    send({"event": "step", "message": "fusing"})
    survival = _write(spec, fuse)
    send({"event": "step", "message": "comparing the export with the adapter"})
    exported = LoadedModel.load(spec.draft)
    if (spec.draft / NAME).exists():
        read_gguf(spec.draft / NAME, exported.model, _config(spec.draft))
    found = parity.measure(exported, answers, spec.system_prompt)
    report = ExportReport(
        target=spec.target,
        bits=spec.bits,
        run=spec.run.name,
        base=spec.base_name,
        base_sha256=spec.base_digests,
        adapter_sha256=spec.adapter_sha256,
        system_prompt=spec.system_prompt,
        stop=exported.chat.stop_texts,
        survival=survival,
        parity=found,
    )
    if problems := refused(survival, found):
        raise ExportError(_refusal(spec, problems))
    _finish(spec, exported.chat)
    write_json(spec.draft / REPORT, report)
    return report


def _refusal(spec: ExportSpec, problems: list[str]) -> str:
    advice = (
        "Take more --bits, or none"
        if spec.bits is not None
        else "The adapter itself is whole: use it with `understudy chat` and `understudy serve`"
    )
    return f"the export of {spec.run.name} is not the model that was trained: {'; '.join(problems)}. {advice}"


def _asked(spec: ExportSpec, send: Send) -> parity.Answers:
    """What the adapter answers; its model is given back before the next one is loaded."""
    send({"event": "step", "message": "asking the adapter"})
    tuned = LoadedModel.load(spec.base, spec.run)
    answers = parity.answer(tuned, spec.system_prompt)
    del tuned
    mx.clear_cache()
    return answers


def _write(spec: ExportSpec, fuse: fusing.Fuse) -> Survival | None:
    """Fuse, and write what a reader of the folder loads."""
    from mlx_lm.utils import load, save_config, save_model

    try:
        loaded: Any = load(
            str(spec.base),
            adapter_path=str(spec.run),
            tokenizer_config=NO_FOREIGN_CODE,
            return_config=True,
        )
    except (ValueError, KeyError, OSError, RuntimeError, TypeError) as error:
        raise BaseModelError(f"{spec.base.name} cannot be loaded: {error}") from error
    model, tokenizer, config = loaded
    survival = fuse(model, bits=spec.bits)
    for key in ("quantization", "quantization_config"):
        config.pop(key, None)
    if spec.bits is not None:
        config["quantization"] = {"group_size": fusing.GROUP, "bits": spec.bits}
    stops = sorted(ChatFormat(tokenizer).end_of_turn)
    config["eos_token_id"] = stops if len(stops) > 1 else stops[0]
    save_model(spec.draft, model)
    save_config(dict(config), config_path=spec.draft / "config.json")
    tokenizer.save_pretrained(str(spec.draft))
    _write_generation_config(spec, config["eos_token_id"])
    if spec.target == "gguf" or (spec.target == "ollama" and takes_gguf(spec.draft)):
        write_gguf(spec.draft, model, config)
    return survival


def _write_generation_config(spec: ExportSpec, stops: int | list[int]) -> None:
    """The base's own, with every token that ends a turn: a forgotten one never ends."""
    path = spec.base / "generation_config.json"
    before: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    write_json(spec.draft / path.name, {**before, "eos_token_id": stops})


def _config(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "config.json").read_text("utf-8"))


def _finish(spec: ExportSpec, chat: ChatFormat) -> None:
    """Add what the target's program reads beside the weights, and leave out what it does not."""
    source = "."
    if (spec.draft / NAME).exists():
        source = f"./{NAME}"
        for path in spec.draft.glob("model*.safetensors*"):
            path.unlink()
    if spec.target in {"gguf", "ollama"}:
        turn = cut(chat.render, begin=chat.begin)
        check_turn(turn, chat.render, parity.prompts(spec.system_prompt), begin=chat.begin)
        text = modelfile(turn, source=source, stop=chat.stop_texts, system=spec.system_prompt)
        write_text(spec.draft / MODELFILE, text)


def main() -> None:
    """Entry point of the child."""
    from understudy.child import serve

    with serve() as channel:
        report = export(ExportSpec.model_validate(channel.spec), channel.send)
        channel.send({"event": "done", "report": report.model_dump(mode="json")})


if __name__ == "__main__":
    main()
