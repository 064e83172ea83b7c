"""Base models: found, checked before hours are spent, and named by content."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from understudy.errors import BaseModelError
from understudy.records import Record, digest_of

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
)
_HUB_PATTERNS = (
    "*.json",
    "model*.safetensors",
    "tokenizer.model",
    "*.tiktoken",
    "*.txt",
    "*.jinja",
)


NO_FOREIGN_CODE = {"trust_remote_code": False}
"""For whatever loads a base's tokenizer: unless told so, transformers asks in the terminal whether to
run the code that a base brings along."""


class BaseDigests(Record):
    """A base named by its content, each field a SHA-256."""

    weights: str
    """Of all `model*.safetensors`, by name and content."""
    config: str
    tokenizer: str
    """Of all tokenizer files, by name and content."""
    template: str
    """Of the chat template's text."""

    @property
    def inputs(self) -> dict[str, str]:
        """As inputs of a recipe."""
        return {f"base/{name}": digest for name, digest in self.model_dump().items()}


def find_base(base: str, root: Path) -> Path:
    """Return the folder of a base model, fetched from Hugging Face where it is an id.

    Args:
        base: A folder, relative to the root or absolute, or an id such as `org/name`.

    Raises:
        BaseModelError: There is no such folder and no such model can be fetched.
    """
    folder = root / base
    if folder.is_dir():
        return folder
    if is_local(base, root):
        raise BaseModelError(
            f"there is no base model at {base} (train.base): build or copy it there, or name a "
            "Hugging Face id such as mlx-community/Llama-3.2-3B-Instruct-4bit"
        )
    return _from_hub(base)


def is_local(base: str, root: Path) -> bool:
    """Whether a base can only be a folder here, so that looking at it asks no network."""
    folder = (root / base).is_dir() or base.startswith(("models/", "data/"))
    return folder or not _HUB_ID.fullmatch(base)


def _from_hub(base: str) -> Path:
    from huggingface_hub import snapshot_download

    patterns: list[str] = [*_HUB_PATTERNS]
    with suppress(Exception):  # not in the cache: the hub's errors share no base class
        cached = Path(snapshot_download(base, allow_patterns=patterns, local_files_only=True))
        if weight_files(cached) and not _missing_shards(cached):  # a download that was cut off
            return cached
    try:
        return Path(snapshot_download(base, allow_patterns=patterns))
    except Exception as error:
        raise BaseModelError(
            f"the base model {base} is neither a folder nor in the Hugging Face cache, and it "
            f"cannot be fetched ({type(error).__name__}). Check the id and the network, or copy "
            "the model into a folder and name that in train.base"
        ) from error


def find_tokenizer(base: str, root: Path) -> Path:
    """Return a folder with a base's tokenizer and template, for which no weights are fetched.

    Raises:
        BaseModelError: It is neither here nor can be fetched.
    """
    if is_local(base, root):
        return find_base(base, root)
    from huggingface_hub import snapshot_download

    patterns = [name for name in _HUB_PATTERNS if not name.endswith(".safetensors")]
    with suppress(Exception):  # not in the cache: the hub's errors share no base class
        cached = Path(snapshot_download(base, allow_patterns=patterns, local_files_only=True))
        if _tokenizer_files(cached):
            return cached
    try:
        return Path(snapshot_download(base, allow_patterns=patterns))
    except Exception as error:
        raise BaseModelError(
            f"the tokenizer of {base} is not on this machine and cannot be fetched "
            f"({type(error).__name__})"
        ) from error


def tokenizer_digest(folder: Path) -> str:
    """Name what determines how a base reads a chat: tokenizer, template, ends of turns."""
    told = [folder / name for name in ("config.json", "generation_config.json")]
    files = [*_tokenizer_files(folder), *(path for path in told if path.is_file())]
    return digest_of(_digest_of_files(files) + chat_template(folder))


def check_base(folder: Path) -> None:
    """Look for everything a training needs from a base, before anything is loaded.

    Raises:
        BaseModelError: Something is missing; says what.
    """
    name = folder.name
    if not (folder / "config.json").is_file():
        raise BaseModelError(f"{name} is no model folder: it has no config.json")
    if "model_type" not in json_of(folder / "config.json"):
        raise BaseModelError(f"{name}/config.json names no model_type")
    if not weight_files(folder):
        raise BaseModelError(f"{name} has no weights: no model*.safetensors is in it")
    if lacking := _missing_shards(folder):
        raise BaseModelError(
            f"{name} lacks {', '.join(lacking[:3])}, which its index names: copy or fetch it again"
        )
    if not any((folder / one).is_file() for one in ("tokenizer.json", "tokenizer.model")):
        raise BaseModelError(
            f"{name} has no tokenizer: neither tokenizer.json nor tokenizer.model is in it"
        )
    if not chat_template(folder):
        raise BaseModelError(
            f"{name} has no chat template, so questions and answers cannot be told apart: take an "
            "instruction-tuned base, or put its chat_template.jinja into the folder"
        )


def chat_template(folder: Path) -> str:
    """Text of the chat template, "" where there is none."""
    jinja = folder / "chat_template.jinja"
    if jinja.is_file():
        return jinja.read_text(encoding="utf-8")
    for file in ("chat_template.json", "tokenizer_config.json"):
        if (folder / file).is_file():
            found = json_of(folder / file).get("chat_template")
            if found:
                return found if isinstance(found, str) else json.dumps(found, sort_keys=True)
    return ""


def base_digests(folder: Path) -> BaseDigests:
    """Name a base by its content.

    Raises:
        BaseModelError: A file cannot be read.
    """
    return BaseDigests(
        weights=_digest_of_files(weight_files(folder)),
        config=_digest_of_files([folder / "config.json"]),
        tokenizer=_digest_of_files(_tokenizer_files(folder)),
        template=digest_of(chat_template(folder)),
    )


def _tokenizer_files(folder: Path) -> list[Path]:
    return [folder / name for name in _TOKENIZER_FILES if (folder / name).is_file()]


def weight_files(folder: Path) -> list[Path]:
    """The base's safetensors."""
    return sorted(folder.glob("model*.safetensors"))


def _missing_shards(folder: Path) -> list[str]:
    """Files of weights that the index names and that are not there."""
    index = folder / "model.safetensors.index.json"
    named = json_of(index).get("weight_map") if index.is_file() else None
    shards = set(map(str, named.values())) if isinstance(named, dict) else set[str]()
    return sorted(name for name in shards if not (folder / name).is_file())


def _digest_of_files(paths: Iterable[Path]) -> str:
    """One digest of several files, streamed: weights do not fit into memory twice."""
    whole = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise BaseModelError(
                f"cannot read {path.name} of the base: {error.strerror}"
            ) from error
        whole.update(f"{path.name} {content}\n".encode())
    return whole.hexdigest()


def json_of(path: Path) -> dict[str, Any]:
    """Read one of a base's JSON files.

    Raises:
        BaseModelError: It is missing, no JSON, or no object.
    """
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BaseModelError(f"{path.parent.name}/{path.name} cannot be read: {error}") from error
    if not isinstance(loaded, dict):
        raise BaseModelError(f"{path.parent.name}/{path.name} holds no JSON object")
    return loaded  # pyright: ignore[reportUnknownVariableType]
