"""The project is found from anywhere inside it, and an id never leaves its folder."""

from __future__ import annotations

import pytest

from understudy.errors import InvalidIdError, ProjectError
from understudy.workspace import ROOT_VARIABLE, Workspace, find_root


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    root = tmp_path / "checkout"
    for folder in ("flows", "tasks", "config", "data/demo"):
        (root / folder).mkdir(parents=True)
    (root / "prefect.yaml").write_text("name: understudy\n", encoding="utf-8")
    return root


def test_the_project_is_found_from_any_folder_in_it(project):
    assert find_root(project) == find_root(project / "data" / "demo") == project


def test_outside_a_project_the_message_says_what_to_do(project, tmp_path):
    with pytest.raises(
        ProjectError, match=r"looked for prefect\.yaml, .* --root or UNDERSTUDY_ROOT"
    ):
        find_root(tmp_path)


def test_a_named_root_wins_over_the_current_folder(project, tmp_path):
    assert find_root(tmp_path, str(project)) == project


def test_the_variable_names_the_root(project, tmp_path, monkeypatch):
    monkeypatch.setenv(ROOT_VARIABLE, str(project))

    assert find_root(tmp_path) == project


def test_a_named_folder_that_is_no_project_is_refused_even_inside_one(project):
    with pytest.raises(
        ProjectError, match=r"data is no understudy project: it lacks prefect\.yaml"
    ):
        find_root(project, str(project / "data"))


@pytest.mark.parametrize("kind", ["transcript", "questions", "answers"])
@pytest.mark.parametrize("bad", ["../../secret", "a/b", "", "x" * 65, ".", "a\0b"])
def test_no_id_leaves_its_folder(project, kind, bad):
    with pytest.raises(InvalidIdError):
        getattr(Workspace(project, "demo"), kind)(bad)


@pytest.mark.parametrize("kind", ["transcript", "questions", "answers"])
def test_an_id_that_begins_with_a_dash_names_a_file(project, kind):
    path = getattr(Workspace(project, "demo"), kind)("-ZzVYSEVi43")

    assert path.name == "-ZzVYSEVi43.json"
    assert path.parent.parent == project / "data" / "demo"


def test_channels_share_nothing_but_the_ledger(project):
    one, other = Workspace(project, "a"), Workspace(project, "b")
    folders = ("data", "models", "videos", "imports", "stages", "datasets")

    assert all(getattr(one, name) != getattr(other, name) for name in folders)
    assert one.ledger == other.ledger == project / "data" / "ledger.jsonl"


def test_messages_show_no_folder_of_the_machine(project, tmp_path):
    workspace = Workspace(project, "demo")

    assert workspace.relative(project / "data" / "demo" / "a.json") == "data/demo/a.json"
    assert workspace.relative(tmp_path / "elsewhere" / "a.json") == "a.json"
