"""The set-wide stages on disk: each explains every row, reuses what is fresh, repeats its bytes."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.logging import disable_run_logger

from tasks.augment import augment_rows
from tasks.dataset import export_dataset
from tasks.dedup import deduplicate
from tasks.filter import filter_rows
from tasks.policy import Outcome, unwrap
from tasks.rows import collect_rows
from tasks.split import split_rows
from tests.support.rows import answer_of, many_rows, real_answers
from understudy.accounting import account
from understudy.artifacts import Document, file_digest, write_json, write_jsonl
from understudy.errors import ConfigError, EmptyStageError
from understudy.paraphrase import RuleWriter
from understudy.records import Answer, Dropped
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
    """Twelve answered videos and one import, with a bad row in each."""
    here = Workspace(root=tmp_path, channel="demo")
    for video in range(12):
        write_video(here, video)
    imported = [
        answer_of("bundle:q01", question="Is an imported pair a row too?", generator="import"),
        answer_of("bundle:q02", answer="A NUL \x00.", generator="import"),
    ]
    write_jsonl(here.imports / "abc.jsonl", imported)
    return here


def write_video(workspace: Workspace, number: int) -> None:
    answers = [
        answer_of(row.id, question=row.question, answer=row.answer)
        for row in many_rows(number + 1)
        if row.video_id == f"v{number}"
    ]
    refused = Dropped(id=f"v{number}:q09", reason="unsupported", text="Invented.")
    document = Document[Answer](
        recipe=None,
        items=tuple(answers),
        dropped=(refused,),
        account=account("answers", "answer", produced=len(answers), dropped=["unsupported"]),
    )
    write_json(workspace.answers(f"v{number}"), document)


def line(workspace: Workspace, settings: Settings, videos: int = 12) -> list[Outcome]:
    """All six stages in order."""
    ids = [f"v{number}" for number in range(videos)]
    outcomes = [unwrap(collect_rows.fn(workspace, video_ids=ids))]

    def rows():
        return outcomes[-1].files["rows.parquet"]

    language = settings.channel.language
    outcomes.append(unwrap(deduplicate.fn(workspace, rows(), settings=settings.dedup)))
    outcomes.append(
        unwrap(filter_rows.fn(workspace, rows(), settings=settings.filter, language=language))
    )
    outcomes.append(unwrap(split_rows.fn(workspace, rows(), settings=settings.split)))
    varied = augment_rows.fn(
        workspace,
        rows(),
        settings=settings.augment,
        checks=settings.filter,
        language=language,
        purge_threshold=settings.split.purge_threshold,
        writer=RuleWriter(language=language, seed=settings.augment.seed),
    )
    outcomes.append(unwrap(asyncio.run(varied)))
    outcomes.append(unwrap(export_dataset.fn(workspace, rows(), settings=settings)))
    return outcomes


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
    assert dict(filtered.account.dropped) == {"mentions_source": 22}
    assert split.account.dropped["near_heldout"] < 0.03 * split.account.produced
    leak = json.loads((exported.folder / "leak.json").read_text())
    assert leak["after"]["rows_sharing_video"] == leak["after"]["rows_near_duplicate"] == 0
    originals = [r for r in read_rows(exported.files["rows.parquet"].path) if r.kind == "original"]
    assert len(originals) == 1709


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
