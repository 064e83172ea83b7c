"""The manifests that make a stage's files a cache.

A stage's folder is fresh when its `manifest.json`, written last, names the same
recipe (digests of the inputs, the settings the stage reads, its prompts and its
code version) and every file it lists is still the file it lists. There is no
other cache: what can be looked at is what is reused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field, field_validator

from understudy.accounting import Account
from understudy.artifacts import Artifact, canonical_json, file_digest, read_record, write_json
from understudy.errors import DataError, WriteError
from understudy.records import Dropped, Record, digest_of

MANIFEST = "manifest.json"
T = TypeVar("T", bound=Record)
D = TypeVar("D", bound="Document[Any]")


class Recipe(Record):
    """Everything that determines a stage's result."""

    stage: str
    version: str
    """The stage's `VERSION`, raised when its code changes the result."""
    inputs: Mapping[str, str] = Field(default_factory=dict)
    """Name to SHA-256."""
    settings: Mapping[str, Any] = Field(default_factory=dict)
    """Only what the stage reads: changing anything else must not make it stale."""

    @property
    def digest(self) -> str:
        return digest_of(canonical_json(self.model_dump(mode="json")))


class Manifest(Record):
    """What a stage published. It holds no time, so the same work gives the same bytes."""

    recipe: Recipe
    files: Mapping[str, Artifact]
    """Paths are relative to the manifest's folder, and do not lead out of it."""
    account: Account | None = None

    @field_validator("files")
    @classmethod
    def _stay_in_the_folder(cls, files: Mapping[str, Artifact]) -> Mapping[str, Artifact]:
        for artifact in files.values():
            if artifact.path.is_absolute() or ".." in artifact.path.parts:
                raise ValueError(f"{artifact.path} leads out of the manifest's folder")
        return files

    def resolved(self, folder: Path) -> dict[str, Artifact]:
        """The files with paths that can be opened."""
        return {
            name: artifact.model_copy(update={"path": folder / artifact.path})
            for name, artifact in self.files.items()
        }


class Document(Record, Generic[T]):
    """One video's result of a pass, as `questions/<id>.json` and `answers/<id>.json` hold it."""

    recipe: Recipe | None
    """None for what was imported: it is never made again."""
    items: tuple[T, ...]
    dropped: tuple[Dropped, ...] = ()
    account: Account


def recipe(
    stage: str,
    version: str,
    *,
    inputs: Mapping[str, str] | None = None,
    settings: Mapping[str, BaseModel] | None = None,
) -> Recipe:
    """Build a recipe from settings sections as they are."""
    dumped = {name: section.model_dump(mode="json") for name, section in (settings or {}).items()}
    return Recipe(stage=stage, version=version, inputs=dict(inputs or {}), settings=dumped)


def publish(
    folder: Path,
    writers: Mapping[str, Callable[[Path], Artifact]],
    recipe: Recipe,
    account: Account | Callable[[], Account] | None = None,
    *,
    name: str = MANIFEST,
) -> dict[str, Artifact]:
    """Write a stage's files, then its manifest.

    The old manifest goes first: a crash between two files leaves a folder that
    is stale, never one that claims to be whole.

    Args:
        writers: File name to a function that writes it, as `write_jsonl` does.
        account: Or what says it once the files are written, for rows that are counted on their way.
        name: Of the manifest, for a stage that adds its files to another one's folder.

    Returns:
        The files by name, with paths that can be opened.

    Raises:
        WriteError: The file system refused.
    """
    manifest = folder / name
    try:
        manifest.unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(manifest, error.strerror or str(error)) from error
    files = {file: write(folder / file) for file, write in writers.items()}
    listed = {
        file: artifact.model_copy(update={"path": Path(file)}) for file, artifact in files.items()
    }
    counted = account() if callable(account) else account
    write_json(manifest, Manifest(recipe=recipe, files=listed, account=counted))
    return files


def fresh(folder: Path, recipe: Recipe, *, name: str = MANIFEST) -> Manifest | None:
    """Return the manifest if this very recipe was published here and is still intact."""
    manifest = read_manifest(folder, name=name)
    if manifest is None or manifest.recipe.digest != recipe.digest:
        return None
    return manifest if intact(folder, manifest) else None


def fresh_document(path: Path, model: type[D], recipe: Recipe) -> D | None:
    """Return a video's document if this very recipe made it, or if it was imported."""
    try:
        document = read_record(path, model)
    except DataError:
        return None
    made_by: Recipe | None = document.recipe
    return document if made_by is None or made_by.digest == recipe.digest else None


def read_manifest(folder: Path, *, name: str = MANIFEST) -> Manifest | None:
    """Return the folder's manifest, or None where there is none that can be read."""
    try:
        return read_record(folder / name, Manifest)
    except DataError:
        return None


def intact(folder: Path, manifest: Manifest) -> bool:
    """Whether each listed file is there, byte for byte."""
    return all(_same(folder / artifact.path, artifact) for artifact in manifest.files.values())


def changed(folder: Path, names: Iterable[str]) -> str | None:
    """The first of these files that is not what the folder's manifest lists, or None."""
    manifest = read_manifest(folder)
    listed = {} if manifest is None else manifest.files
    wrong = (one for one in names if one in listed and not _same(folder / one, listed[one]))
    return next(wrong, None)


def _same(path: Path, artifact: Artifact) -> bool:
    try:
        return path.stat().st_size == artifact.bytes and file_digest(path) == artifact.sha256
    except OSError:
        return False
