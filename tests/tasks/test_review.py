"""What a person decided about rows, through the real stages: it wins, stays, and is accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.logging import disable_run_logger

from tasks.policy import unwrap
from tasks.rows import collect_rows
from tests.support.stages import line, small_channel, write_video
from understudy.artifacts import write_jsonl
from understudy.manifests import read_manifest
from understudy.records import Decision, Row
from understudy.review import Mark, review_file
from understudy.rows import read_rows
from understudy.settings import Settings, load_settings
from understudy.workspace import Workspace


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with disable_run_logger():
        yield


@pytest.fixture(scope="module")
def settings(root: Path) -> Settings:
    changes = {
        "split": {"salt": "test"},
        "filter": {"unsupported": "flag"},
        "augment": {"share": 1.0, "short_answers": 0.0},
    }
    return load_settings(root / "config" / "demo.yaml", changes)


@pytest.fixture(scope="module")
def before(tmp_path_factory, settings) -> tuple[Workspace, dict[str, Row]]:
    """A channel as it was before anybody looked at it."""
    workspace = small_channel(tmp_path_factory.mktemp("before"))
    with disable_run_logger():
        outcomes = line(workspace, settings)
    return workspace, table(outcomes)


def table(outcomes) -> dict[str, Row]:
    rows = read_rows(outcomes[-1].files["rows.parquet"].path)
    return {row.id: row for row in rows}


def mark(row: Row, decision: Decision, **texts: str) -> Mark:
    return Mark(id=row.id, digest=row.digest, decision=decision, **texts)


def first(rows: dict[str, Row], **wanted: object) -> Row:
    return next(
        row for row in rows.values() if all(getattr(row, k) == v for k, v in wanted.items())
    )


def test_decisions_change_the_next_dataset_and_nothing_else_takes_them_back(
    before, settings, tmp_path
):
    _, rows = before
    dropped = first(rows, part="test", status="kept")
    spared = first(rows, reason="unreadable_text")
    reworded = first(rows, part="train", kind="original")
    refused = first(rows, reason="unsupported", generator="refused")
    variant = next(
        r for r in rows.values() if r.kind == "paraphrase" and r.source_id != reworded.id
    )
    new = {"question": "What did a person ask instead?", "answer": "**This.** As written by hand."}
    marks = [
        mark(dropped, "drop"),
        mark(spared, "keep"),
        mark(reworded, "edit", **new),
        mark(refused, "edit", question="What was refused?", answer="Short, but a person wrote it."),
        mark(variant, "drop"),
    ]
    workspace = small_channel(tmp_path)
    write_jsonl(review_file(workspace), marks)

    outcomes = line(workspace, settings)

    after = table(outcomes)
    assert (after[dropped.id].reason, after[dropped.id].review) == ("reviewed", "drop")
    assert (after[spared.id].status, after[spared.id].review) == ("kept", "keep")
    assert (after[reworded.id].question, after[reworded.id].answer) == tuple(new.values())
    assert (after[reworded.id].status, after[reworded.id].review) == ("kept", "edit")
    assert (after[refused.id].status, after[refused.id].generator) == ("kept", "review")
    assert (after[variant.id].reason, after[variant.id].review) == ("reviewed", "drop")
    assert outcomes[0].account.dropped["reviewed"] == 1
    assert outcomes[0].account.notes[-1] == "4 of 4 reviewed rows as decided"
    assert outcomes[4].account.notes == ("1 of 1 reviewed rows as decided",)
    manifest = read_manifest(workspace.stages / "1-collect")
    assert manifest is not None
    assert "review.jsonl" in manifest.recipe.inputs


def test_decisions_survive_reruns_and_repeat_no_stage(before, settings, tmp_path):
    _, rows = before
    workspace = small_channel(tmp_path)
    write_jsonl(review_file(workspace), [mark(first(rows, part="train"), "drop")])
    once = line(workspace, settings)
    again = line(workspace, settings)
    write_video(workspace, 12)

    grown = line(workspace, settings, videos=13)

    assert [one.cached for one in once] == [False] * 6
    assert [one.cached for one in again] == [True] * 6
    assert [row.id for row in table(grown).values() if row.reason == "reviewed"] == [
        first(rows, part="train").id
    ]


def test_a_decision_about_a_text_that_has_changed_waits_and_is_counted(before, tmp_path):
    _, rows = before
    row = first(rows, part="train", kind="original")
    old = row.model_copy(update={"answer": "What it said when it was judged."})
    workspace = small_channel(tmp_path)
    write_jsonl(review_file(workspace), [mark(old, "drop")])

    collected = unwrap(collect_rows.fn(workspace, video_ids=[row.video_id]))

    assert table([collected])[row.id].review is None
    assert collected.account.notes[-1].startswith("0 of 1 reviewed rows as decided, the others")
