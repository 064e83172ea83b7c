"""`understudy dataset`, `review` and `diff` on a published dataset, without a server."""

from __future__ import annotations

import csv
import json

import pytest

from tests.support.commands import command, make_root
from tests.support.rows import divided, many_rows, row_of, split_settings
from understudy.artifacts import write_jsonl
from understudy.dataset import dataset_account, dataset_recipe, dataset_writers
from understudy.diff import difference, lines_of
from understudy.manifests import publish
from understudy.review import Mark, read_review, review_file
from understudy.rows import drop, read_rows
from understudy.settings import load_settings
from understudy.workspace import Workspace

DEMO = ("--config", "config/demo.yaml")


def published(workspace, rows, settings, digest):
    folder = workspace.datasets / digest
    made_of = dataset_recipe(digest, settings)
    publish(folder, dataset_writers(rows, settings), made_of, dataset_account(rows))
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with two versions of a dataset; the second is the newest."""
    root = make_root(tmp_path_factory.mktemp("project"))
    settings = load_settings(root / "config" / "demo.yaml")
    workspace = Workspace(root, "demo")
    rows, _ = divided(many_rows(12), split_settings())
    rows.append(drop(row_of("z:q01", video_title="\x1b[31mred"), "off_topic"))
    published(workspace, rows, settings, "aaaa00000000")
    reworded = rows[1].model_copy(update={"answer": "Another answer, no less long than before."})
    after = [drop(rows[0], "reviewed", review="drop"), reworded, *rows[2:]]
    after[-1] = after[-1].model_copy(update={"status": "kept", "reason": None, "part": "train"})
    stricter = settings.model_copy(
        update={"filter": settings.filter.model_copy(update={"min_answer_chars": 7})}
    )
    published(workspace, after, stricter, "bbbb00000000")
    return workspace


@pytest.fixture(autouse=True)
def forget(project):
    yield
    review_file(project).unlink(missing_ok=True)


def test_a_dataset_is_shown_in_words_and_as_json(project):
    told = command(project.root, "dataset", *DEMO, "--show", "--dataset", "aaaa00000000")
    document = json.loads(command(project.root, "dataset", *DEMO, "--json").out)

    assert told.status == 0, told.err
    lines = told.out.splitlines()
    assert lines[0] == "Rows                 48 kept of 49"
    for name in ("Parts", "Tokens", "Form", "Tags", "Languages", "Dropped", "Leak, this split"):
        assert [line for line in lines if line.startswith(name)], name
    assert "not counted: there is no base model at models/sample-base" in " ".join(told.out.split())
    assert "off topic 1" in told.out
    assert document["figures"]["rows"] == 49
    assert (project.datasets / "bbbb00000000" / "dataset_analysis.png").exists()


def test_marks_are_handed_in_shown_and_taken_back(project, tmp_path):
    rows = read_rows(project.datasets / "bbbb00000000" / "rows.parquet")
    file = tmp_path / "marks.csv"
    file.write_text(f"id,mark,note\n{rows[2].id},drop,no\n{rows[3].id},keep,\n")

    told = command(project.root, "review", file, *DEMO)
    shown = command(project.root, "review", *DEMO, "--show")
    file.write_text(f"id,mark\n{rows[3].id},clear\n")
    command(project.root, "review", file, *DEMO)

    assert told.out.startswith("1 drop, 1 keep; 2 decisions in data/demo/review.jsonl\n")
    assert "with the next run no" in " ".join(shown.out.splitlines()[0].split())
    assert [(one.id, one.decision, one.digest) for one in read_review(project)] == [
        (rows[2].id, "drop", rows[2].digest)
    ]


def test_what_waits_is_told(project):
    rows = read_rows(project.datasets / "bbbb00000000" / "rows.parquet")
    gone = Mark(id=rows[4].id, digest="0" * 64, decision="keep")
    done = Mark(id=rows[0].id, digest=rows[0].digest, decision="drop")
    write_jsonl(review_file(project), [done, gone])

    lines = command(project.root, "review", *DEMO, "--show").out.splitlines()

    assert "in effect" in lines[0]
    assert "waits: text changed" in lines[1]


def test_a_bad_file_changes_nothing(project, tmp_path):
    file = tmp_path / "marks.csv"
    file.write_text("id,mark\nv0:q01,drop\nnobody:q01,drop\n")

    told = command(project.root, "review", file, *DEMO)

    assert told.status == 1
    assert "line 3: the dataset has no row 'nobody:q01'. Nothing was taken over" in told.err
    assert not review_file(project).exists()


def test_the_table_holds_every_row(project, tmp_path):
    told = command(project.root, "review", *DEMO, "--table", tmp_path / "rows.csv")

    text = (tmp_path / "rows.csv").read_text("utf-8-sig")
    assert told.out.startswith("49 rows in")
    assert len(list(csv.DictReader(text.splitlines()))) >= 49


@pytest.mark.parametrize(
    "arguments", [("review", *DEMO), ("review", "a.csv", "--show", *DEMO), ("dataset", "--public", *DEMO)]
)  # fmt: skip
def test_what_makes_no_sense_is_refused(project, arguments):
    assert command(project.root, *arguments).status == 2


def test_two_versions_are_compared(project):
    told = command(project.root, "diff", "aaaa", "bbbb")
    found = json.loads(command(project.root, "diff", "aaaa", "bbbb", "--json").out)

    rows = read_rows(project.datasets / "bbbb00000000" / "rows.parquet")
    assert [one["id"] for one in found["added"]] == ["z:q01"]
    assert found["added"][0]["elsewhere"] == "off_topic"
    assert [(one["id"], one["elsewhere"]) for one in found["removed"]] == [(rows[0].id, "reviewed")]
    assert [(one["id"], one["fields"]) for one in found["changed"]] == [(rows[1].id, ["answer"])]
    assert found["settings"] == [{"key": "filter.min_answer_chars", "before": 40, "after": 7}]
    assert "added (1)\n  z:q01  train, was off_topic" in told.out
    assert "filter.min_answer_chars: 40 -> 7" in told.out


def test_a_version_is_named_by_folder_or_by_a_beginning_that_is_its_own(project):
    folder = project.datasets / "aaaa00000000"
    assert "The same rows" in command(project.root, "diff", folder, "aaaa").out
    assert "there is no dataset 'cccc'" in command(project.root, "diff", "aaaa", "cccc").err
    (project.datasets / "bbbc00000000").mkdir()
    (project.datasets / "bbbc00000000" / "rows.parquet").touch()
    assert "2 datasets have a name that" in command(project.root, "diff", "bbb", "aaaa").err


def test_rows_that_move_between_parts_are_told_without_control_characters():
    before = [row_of("v:q01", part="train", question="What is \x1b[31mred?")]
    after = [before[0].model_copy(update={"part": "test"})]

    found = difference(before, after, names=("a", "b"))

    assert [(one.before, one.after) for one in found.moved] == [("train", "test")]
    assert found.counts == {"rows": (1, 1), "train": (1, 0), "valid": (0, 0), "test": (0, 1)}
    assert not [line for line in lines_of(found, most=5) if "\x1b" in line]


def test_only_so_many_rows_are_named():
    found = difference([], many_rows(10), names=("a", "b"))

    lines = lines_of(found, most=3)
    assert lines[-1] == "  ... and 37 more"
    assert len(lines) == 10


def test_a_file_of_marks_that_is_not_there_is_no_bug(project):
    told = command(project.root, "review", "nowhere.csv", *DEMO)

    assert told.status == 2
    assert "there is no file nowhere.csv" in told.err
