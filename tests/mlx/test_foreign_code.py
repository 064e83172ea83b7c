"""A base brings weights and words, and no program: whatever Python lies in its folder is not run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from understudy.analysis.tokens import load_tokenizer
from understudy.artifacts import write_json
from understudy.errors import BaseModelError
from understudy.inference import LoadedModel
from understudy.talking.serving import ServeSpec
from understudy.training.loading import loading

PROGRAM = """
import pathlib
pathlib.Path({mark!r}).write_text("ran")
from transformers import PreTrainedTokenizerFast
from mlx_lm.models.llama import Model, ModelArgs
class Own(PreTrainedTokenizerFast):
    pass
"""


WANTS_TOKENIZER = {"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": [None, "own.Own"]}}


def bring(base: Path, name: str, change: Mapping[str, object], program: str) -> None:
    """Let a file of the base ask for the program beside it."""
    path = base / name
    write_json(path, json.loads(path.read_text(encoding="utf-8")) | {**change})
    (base / "own.py").write_text(program, encoding="utf-8")


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """Where the program writes, should it run."""
    return tmp_path / "ran"


@pytest.fixture
def base(tiny_base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_base, tmp_path / "base"))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the user was asked in the terminal: may this program run? Somebody would say yes."""
    seen: list[object] = []

    def ask(prompt: object = "") -> str:
        seen.append(prompt)
        return "no"

    monkeypatch.setattr("builtins.input", ask)
    return seen


def ask_the_server(base: Path) -> object:
    from understudy.talking.server import arguments

    spec = ServeSpec(base=base, adapter=base, system_prompt=None, port=1, max_tokens=1)
    return arguments(spec)


def load_for_training(base: Path) -> None:
    with loading(base):
        pass


LOADERS: dict[str, Callable[[Path], object]] = {
    "training": load_for_training,
    "inference": LoadedModel.load,
    "analysis": load_tokenizer,
    "server": ask_the_server,
}


@pytest.mark.parametrize("loader", LOADERS)
def test_a_tokenizer_s_own_program_is_not_run(
    base: Path, mark: Path, asked: list[object], loader: str
) -> None:
    bring(base, "tokenizer_config.json", WANTS_TOKENIZER, PROGRAM.format(mark=str(mark)))

    with suppress(BaseModelError, ValueError):
        LOADERS[loader](base)

    assert (asked, mark.exists()) == ([], False)


@pytest.mark.parametrize("loader", ["training", "inference"])
def test_a_model_s_own_program_is_refused(base: Path, mark: Path, loader: str) -> None:
    bring(base, "config.json", {"model_file": "own.py"}, PROGRAM.format(mark=str(mark)))

    with pytest.raises(BaseModelError, match="cannot be loaded"):
        LOADERS[loader](base)

    assert not mark.exists()


def test_the_programs_would_run_if_they_were_let(base: Path, mark: Path) -> None:
    """Otherwise the tests above would pass whatever we do."""
    from mlx_lm.utils import load

    program = PROGRAM.format(mark=str(mark))
    bring(base, "tokenizer_config.json", WANTS_TOKENIZER, program)
    with suppress(ValueError):
        load(str(base), tokenizer_config={"trust_remote_code": True})
    assert mark.read_text() == "ran"
    mark.unlink()

    bring(base, "config.json", {"model_file": "own.py"}, program)
    with suppress(ValueError):
        load(str(base), trust_remote_code=True)
    assert mark.read_text() == "ran"
