"""The set-wide stages on disk: each explains every row, reuses what is fresh, repeats its bytes."""

from __future__ import annotations

import itertools
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.logging import disable_run_logger

from tasks.policy import Outcome
from tasks.rows import collect_rows
from tests.support.rows import real_answers
from tests.support.stages import line, small_channel, write_video
from understudy.artifacts import file_digest, write_jsonl
from understudy.errors import ConfigError, EmptyStageError
from understudy.rows import read_rows
from understudy.settings import Settings, load_settings
from understudy.workspace import Workspace


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with disable_run_logger():
        yield


@pytest.fixture
def settings(root: Path) -> Settings:
    changes = {"split": {"salt": "test"}, "filter": {"unsupported": "flag"}}
    return load_settings(root / "config" / "demo.yaml", changes)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return small_channel(tmp_path)


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): file_digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_accounts_agree_from_stage_to_stage(workspace, settings):
    collected, deduplicated, filtered, split, augmented, exported = line(workspace, settings)

    steps = [collected, deduplicated, filtered, split]
    assert (collected.account.requested, dict(collected.account.dropped)) == (
        50,
        {"unreadable_text": 1},
    )
    for before, after in itertools.pairwise(steps):
        assert after.account.requested == before.account.produced
    rows = read_rows(exported.files["rows.parquet"].path)
    assert exported.account.produced == split.account.produced + augmented.account.produced
    assert exported.account.requested == len(rows)
    assert sum(row.reason == "unsupported" for row in rows) == 12
    assert filtered.account.notes[-1] == "imported without a quote, so support is unknown: 1"


def test_a_second_run_repeats_no_stage(workspace, settings):
    first = line(workspace, settings)
    before = digests(workspace.data)

    again = line(workspace, settings)

    assert [one.cached for one in first] == [False] * 6
    assert [one.cached for one in again] == [True] * 6
    assert [one.account.reused for one in again] == [one.account.produced for one in first]
    assert digests(workspace.data) == before


def test_the_same_input_gives_the_same_bytes_in_another_folder(workspace, settings, tmp_path):
    line(workspace, settings)
    other = Workspace(root=tmp_path / "elsewhere", channel="demo")
    shutil.copytree(workspace.data / "answers", other.data / "answers")
    shutil.copytree(workspace.imports, other.imports)

    line(other, settings)

    assert digests(other.data) == digests(workspace.data)


def test_a_changed_setting_makes_only_its_own_stage_and_those_after_again(workspace, settings):
    line(workspace, settings)
    salted = settings.model_copy(
        update={"split": settings.split.model_copy(update={"salt": "other"})}
    )

    again = line(workspace, salted)

    assert [one.cached for one in again] == [True, True, True, False, False, False]


def test_a_new_video_moves_no_row(workspace, settings):
    first = line(workspace, settings)[-1]
    for number in range(12, 17):
        write_video(workspace, number)

    second = line(workspace, settings, videos=17)[-1]

    parts = [
        {row.id: row.part for row in read_rows(one.files["rows.parquet"].path) if row.part}
        for one in (first, second)
    ]
    assert parts[0].items() <= parts[1].items()
    assert len(parts[1]) > len(parts[0])


def parts_of(outcome: Outcome) -> dict[str, str]:
    return {row.id: row.part for row in read_rows(outcome.files["rows.parquet"].path) if row.part}


def test_trying_another_salt_forgets_no_draw(workspace, settings):
    salted = settings.model_copy(
        update={"split": settings.split.model_copy(update={"salt": "other"})}
    )
    first = line(workspace, settings)[-1]
    for number in range(12, 17):
        write_video(workspace, number)
    line(workspace, salted, videos=17)

    back = line(workspace, settings, videos=17)[-1]

    assert parts_of(first).items() <= parts_of(back).items()


def test_a_split_whose_memory_was_taken_away_is_made_again(workspace, settings):
    first = line(workspace, settings)[-1]
    shutil.rmtree(workspace.data / "splits")

    again = line(workspace, settings)

    assert not again[3].cached
    assert parts_of(again[-1]) == parts_of(first)


def test_a_stage_killed_before_its_manifest_is_made_again_with_the_same_bytes(workspace, settings):
    line(workspace, settings)
    before = digests(workspace.data)
    for stage in workspace.stages.iterdir():
        (stage / "manifest.json").unlink()
        (stage / "rows.parquet").write_bytes(b"torn")

    again = line(workspace, settings)

    assert not any(one.cached for one in again[:5])
    assert digests(workspace.data) == before


def test_the_real_pairs_go_from_import_to_dataset(real_pairs, settings, tmp_path):
    workspace = Workspace(root=tmp_path, channel="fung")
    write_jsonl(workspace.imports / "real.jsonl", real_answers(real_pairs))

    collected, deduplicated, filtered, split, _, exported = line(workspace, settings, videos=0)

    assert collected.account.notes == ("667 answers had U+2011 hyphens: normalised",)
    assert sum(deduplicated.account.dropped.values()) == 31
    assert set(filtered.account.dropped) == {"mentions_source"}  # counted in test_quality.py
    assert split.account.dropped["near_heldout"] < 0.03 * split.account.produced
    leak = json.loads((exported.folder / "leak.json").read_text())
    assert leak["after"]["rows_sharing_video"] == leak["after"]["rows_near_duplicate"] == 0
    rows = read_rows(exported.files["rows.parquet"].path)
    originals = [row for row in rows if row.kind == "original"]
    assert len(originals) == collected.account.requested == 1709
    for before, after in itertools.pairwise([collected, deduplicated, filtered, split]):
        assert after.account.requested == before.account.produced
    assert exported.account.requested == len(rows)
    explained = Counter(row.reason for row in originals if row.reason)
    dropped = Counter[str]()
    for stage in (collected, deduplicated, filtered, split):
        dropped.update(stage.account.dropped)
    assert explained == dropped
    assert len(originals) - explained.total() == split.account.produced


# --- what cannot be worked on ------------------------------------------------------


def test_no_answers_at_all_is_said(tmp_path):
    with pytest.raises(EmptyStageError, match="no answers yet"):
        collect_rows.fn(Workspace(root=tmp_path, channel="demo"), video_ids=["v1", "v2"])


def test_a_replay_file_outside_the_project_is_refused(workspace, settings):
    augmented = settings.augment.model_copy(
        update={"replay_file": "../secret.jsonl", "replay_share": 0.5}
    )

    with pytest.raises(ConfigError, match="outside the project"):
        line(workspace, settings.model_copy(update={"augment": augmented}))
