"""Wherever text from outside becomes a path, it stays where it belongs.

What people, channels, providers and files of others name: video ids, the channel, files that the
settings name, the config itself, runs and datasets, files that a manifest or a run's metadata lists,
files of a source folder. Titles, questions, answers and model replies name nothing. There is no
archive to unpack: no module of ours opens one.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.support.commands import command, make_root
from tests.support.runs import make_run
from understudy.artifacts import Artifact, write_json
from understudy.errors import ConfigError, DataError, EvaluationError, InvalidIdError
from understudy.manifests import Manifest, recipe
from understudy.proof.job import dataset_of
from understudy.records import ROW_ID, Video
from understudy.runs.finding import find_run
from understudy.runs.reproduce import prepare
from understudy.settings import explain, load_settings, parse_assignments
from understudy.settings.section import ProjectFile
from understudy.settings.whole import Settings
from understudy.sources.folder import FolderSource
from understudy.training.runs import choose_dataset, choose_run
from understudy.videos import VideoLedger
from understudy.workspace import Workspace, child, inside

SRC = Path(__file__).resolve().parents[2] / "src"
HOSTILE = (
    "../secret", "..", ".", "", "/etc/passwd", "a/b", "a\\b", "..\\secret", "C:\\secret", "~/.ssh",
    "a\x00b", "a\nb", "%2e%2e%2f", "....//secret", "\u2024\u2024/secret", "\uff0e\uff0e\uff0fsecret",
    "a" * 65, "vi deo", "<b>", "$(id)", "`id`", ";id", "|id", "*", "?",
)  # fmt: skip
LEADING_OUT = ("../secret.jsonl", "/etc/passwd", "data/../../secret", "a/../../b", "..", "a\\..\\b")
OWN_FILES = [
    "teacher.prices", "teacher.prompt", "questions.prompt", "answers.prompt", "audit.prompt",
    "augment.prompt", "augment.replay_file", "evaluate.general_file", "evaluate.judge.prompt",
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    (tmp_path / "secret.jsonl").write_text('{"key": "secret"}\n')
    return make_root(tmp_path / "project")


@pytest.fixture
def workspace(root: Path) -> Workspace:
    return Workspace(root=root, channel="demo")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["transcript", "questions", "answers"])
def test_an_id_that_is_none_becomes_no_path(workspace: Workspace, kind: str, name: str) -> None:
    with pytest.raises(InvalidIdError):
        getattr(workspace, kind)(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_row_s_id_is_that_of_a_video_and_a_number(name: str) -> None:
    assert ROW_ID.fullmatch(f"{name}:q01") is None
    assert ROW_ID.fullmatch(f"video:{name}") is None


@pytest.mark.parametrize("name", HOSTILE)
def test_a_video_s_record_takes_no_such_id(name: str) -> None:
    with pytest.raises((ValidationError, InvalidIdError)):
        Video(video_id=name, title="A talk", origin="folder", status="listed")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_channel_is_a_folder_s_name_and_no_way(root: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"channel\.name"):
        load_settings(root / "config" / "demo.yaml", {"channel": {"name": name}})


@pytest.mark.parametrize("key", OWN_FILES)
@pytest.mark.parametrize("name", LEADING_OUT)
def test_a_file_that_the_settings_name_lies_in_the_project(root: Path, key: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}: lies outside the project"):
        load_settings(root / "config" / "demo.yaml", parse_assignments([f"{key}={name!r}"]))


def test_no_setting_that_names_a_file_of_the_project_is_left_out() -> None:
    """Their help says so; talks may come from anywhere, and a base is no text of others."""
    named = [one.key for one in explain() if "relative to the project" in one.help]
    guarded = {one for one in {*named, *OWN_FILES} if _guarded(one)}

    assert {*named, *OWN_FILES} - guarded == {"source.folder", "train.base"}


def _guarded(key: str) -> bool:
    *sections, name = key.split(".")
    model = Settings
    for section in sections:
        model = model.model_fields[section].annotation  # type: ignore[assignment]
    return ProjectFile.__metadata__[0] in _metadata(model.model_fields[name])


def _metadata(info: object) -> list[object]:
    found = [*info.metadata]  # type: ignore[attr-defined]
    for choice in getattr(info.annotation, "__args__", ()):  # type: ignore[attr-defined]
        found += getattr(choice, "__metadata__", ())
    return found


@pytest.mark.parametrize(
    "name", ["../stolen.yaml", "{above}/stolen.yaml", "config/../../stolen.yaml"]
)
def test_a_config_outside_the_project_is_refused(root: Path, name: str) -> None:
    (root.parent / "stolen.yaml").write_text((root / "config" / "demo.yaml").read_text())

    said = command(root, "quote", "--config", name.format(above=root.parent))

    assert said.status == 2
    assert "outside the project" in said.err or "cannot read" in said.err


@pytest.mark.parametrize("name", LEADING_OUT)
def test_a_run_or_dataset_that_somebody_names_lies_where_those_lie(
    root: Path, workspace: Workspace, name: str
) -> None:
    make_run(root, "20261122T180000Z-aaaaaaaaaaaa")
    make_run(root.parent, "20261122T180000Z-bbbbbbbbbbbb", channel="secret")
    write_json(root.parent / "data" / "manifest.json", {})

    assert child(workspace.models, name) is None
    with pytest.raises(EvaluationError):
        choose_run(workspace, name)
    with pytest.raises(DataError):
        choose_dataset(workspace, name)
    with pytest.raises(DataError):
        find_run(root, name)


@pytest.mark.parametrize("name", [one for one in LEADING_OUT if "\\" not in one])
def test_a_manifest_lists_files_of_its_own_folder_alone(name: str) -> None:
    """What it lists is read, compared and, by `dataset --push`, uploaded."""
    listed = Artifact(path=Path(name), sha256="0" * 64, bytes=1)

    with pytest.raises(ValidationError, match="leads out of the manifest's folder"):
        Manifest(recipe=recipe("dataset", "1"), files={"train.jsonl": listed})


@pytest.mark.parametrize("name", ["../dataset", "/tmp", "data/../../dataset"])
def test_a_run_that_came_from_elsewhere_names_no_dataset_outside(
    root: Path, workspace: Workspace, name: str
) -> None:
    write_json(root.parent / "dataset" / "manifest.json", {})
    (root.parent / "dataset" / "test.jsonl").write_text("{}\n")
    run = make_run(root, "20261122T180000Z-aaaaaaaaaaaa", dataset={"path": name})

    with pytest.raises(EvaluationError, match="is not on disk"):
        dataset_of(run, workspace)
    with pytest.raises(DataError, match="is not on disk"):
        prepare(root, run)


@pytest.mark.parametrize("name", ["../secret.json", "/etc/passwd", "a/../../secret.json"])
def test_a_video_s_path_does_not_leave_the_source_s_folder(tmp_path: Path, name: str) -> None:
    source = FolderSource(tmp_path, language="en")
    video = Video(video_id="a", title="A talk", origin="folder", status="listed", path=name)

    assert source.wants(video, None)
    with pytest.raises(Exception, match="leaves the folder"):
        source._path(video)


def test_a_link_that_leads_out_is_followed_before_it_is_judged(root: Path) -> None:
    (root / "link").symlink_to(root.parent)

    assert inside(root, "link/secret.jsonl") is None
    assert inside(root, "config/demo.yaml") == (root / "config" / "demo.yaml").resolve()


def test_a_ledger_of_videos_with_a_hostile_id_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "videos.jsonl"
    path.write_text(
        '{"video_id": "../../x", "title": "t", "origin": "youtube", "status": "listed"}\n'
    )

    with pytest.raises(DataError, match="line 1"):
        VideoLedger.open(path)


def test_no_module_unpacks_an_archive() -> None:
    archives = {"zipfile", "tarfile", "zipimport", "shutil.unpack_archive", "lzma", "bz2"}
    opened = [
        f"{path.name}: {name}"
        for path in SRC.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _named(node)
        if name in archives
    ]

    assert opened == []


def _named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [ast.unparse(node)] if isinstance(node, ast.Attribute) else []
