"""docs/DATA.md describes every field of every file, and none that is not there."""

from __future__ import annotations

import importlib
import pkgutil
import re
import typing
from collections.abc import Mapping
from pathlib import Path
from types import NoneType, UnionType

import pytest
from pydantic import BaseModel

import understudy
from understudy import records
from understudy.accounting import Account
from understudy.analysis import making as analysing
from understudy.analysis.figures import Analysis
from understudy.artifacts import Artifact
from understudy.chat import ChatExample
from understudy.dataset import dataset_writers
from understudy.dedup import Cluster
from understudy.export.records import ExportReport
from understudy.importing.shelve import Report
from understudy.leak import LeakReport
from understudy.manifests import Document, Manifest, Recipe
from understudy.models import BaseDigests
from understudy.preference import Judgement
from understudy.proof.evaluate_child import GENERATIONS, SCORES
from understudy.proof.job import REPORT, RESULTS
from understudy.proof.records import GenerationLine, Results, ScoreLine
from understudy.records import Answer, Dropped, Question, Record, Row, Transcript, Video
from understudy.review import Mark
from understudy.rows import SCHEMA
from understudy.runs.outcome import Reproduced
from understudy.settings import load_settings
from understudy.split import Assignment
from understudy.sweep.result import SweepResult
from understudy.teacher.batch.book import Job
from understudy.teacher.calling.quarantine import Quarantined
from understudy.teacher.money.bill import Bill
from understudy.teacher.money.ledger import Entry
from understudy.training.adapters import Effective
from understudy.training.batches import Plan
from understudy.training.choosing import Choice
from understudy.training.fitting import Fit
from understudy.training.layout import Layout
from understudy.training.loop import Finished
from understudy.training.metadata import describer
from understudy.training.metrics import Metrics, as_lists
from understudy.training.runs import CHECKPOINT
from understudy.training.runs import FILES as FILES_OF_A_RUN
from understudy.training.spec import TrainSpec
from understudy.watch import Watched

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "DATA.md"
CONFIG = ROOT / "config" / "demo.yaml"

SHARED = {
    "Recipe": Recipe,
    "Account": Account,
    "Artifact": Artifact,
    "Dropped": Dropped,
    "Judgement": Judgement,
}
"""Records that several files hold: described once, under their own heading."""

FILES = {
    "videos.jsonl": Video,
    "watch.json": Watched,
    "transcripts/<video id>.json": Transcript,
    "questions/<video id>.json": Document[Question],
    "answers/<video id>.json": Document[Answer],
    "imports/<digest>.jsonl": Answer,
    "imports/reports/<digest>.json": Report,
    "quarantine/<digest>.json": Quarantined,
    "ledger.jsonl": Entry,
    "batches/<key>.json": Job,
    "teacher_bill.json": Bill,
    "manifest.json": Manifest,
    "rows.parquet": Row,
    "train.jsonl": ChatExample,
    "clusters.jsonl": Cluster,
    "splits/<digest>.json": Assignment,
    "review.jsonl": Mark,
    "leak.json": LeakReport,
    "analysis.json": Analysis,
    "training_metrics.jsonl": Metrics,
    "scores.jsonl": ScoreLine,
    "generations.jsonl": GenerationLine,
    "evaluation_results.json": Results,
    "exports/<target>/export.json": ExportReport,
    "reproduction.json": Reproduced,
    "sweep.json": SweepResult,
    **SHARED,
}

NOT_ON_DISK = {
    "Form", "Deduplicated",  # results of pure functions
    "DraftQuestion", "DraftAnswer", "QuestionDrafts", "AnswerDrafts",  # what a teacher hands over
    "Call", "Turn", "Reply", "Prompt", "PromptSet", "Price", "PriceTable",  # inside the engine
    "Checkup",  # in the terminal
    "Difference", "Came", "Changed", "Moved", "Setting",  # in the terminal too
    "LedgerRow",  # in a file that the user exports
    "Order", "Draft", "Written", "Item", "Opinion",  # between the augmentation and who writes it
    "Score", "Generation", "Verdict", "Interval", "Thresholds",  # inside the proof
    "Inputs", "Context", "PartCount", "Models", "ChatRow", "EvaluateSpec", "Reproduction",
    "Briefing", "General", "Pair", "Lineup",
    "Replay",  # a line of `augment.replay_file`, which the user brings
    "ExportSpec", "TalkSpec", "ServeSpec", "RungSpec",  # for a child
    "TrainSpec", "Begun", "Position",  # for the child, and inside its checkpoint
    "Tried",  # in the doctor's report
    "Effective", "Finished", "BaseDigests", "Fit", "Choice", "Canary",  # in run_metadata.json, which has a test of its own
}  # fmt: skip


# --- what there is -----------------------------------------------------------------------


def inside(annotation) -> tuple[type[BaseModel], str] | None:
    """The record in a field's type, with `[]` for a list and `.*` for a mapping on the way."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    origin = typing.get_origin(annotation)
    through = {tuple: "[]", list: "[]", Mapping: ".*", dict: ".*"}.get(origin, "")
    for argument in typing.get_args(annotation):
        if argument not in {Ellipsis, NoneType} and (found := inside(argument)):
            return found[0], through + found[1]
    return None


def may_be_null(annotation) -> bool:
    if typing.get_origin(annotation) is typing.Annotated:
        return may_be_null(typing.get_args(annotation)[0])
    return typing.get_origin(annotation) in {typing.Union, UnionType} and NoneType in (
        typing.get_args(annotation)
    )


def fields(model, prefix=""):
    """Every field as `segments[].start`, and whether it may be null."""
    for name, info in model.model_fields.items():
        yield f"{prefix}{name}", may_be_null(info.annotation)
        found = inside(info.annotation)
        if found and found[0] not in SHARED.values():
            yield from fields(found[0], f"{prefix}{name}{found[1]}.")


# --- what is described ---------------------------------------------------------------------


def sections():
    """Heading of each file to its lines; a heading may name several files."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            names = re.findall(r"`([^`]+)`", line)
            assert not found.keys() & names, f"{names} described twice"
            found |= {name: [] for name in names}
        for name in names:
            found[name].append(line)
    return found


SECTIONS = sections()


def described(name):
    """Field to its type as the first two columns of the section's tables say."""
    rows = [re.match(r"\| `([^`]+)` \| ([^|]+) \|", line) for line in SECTIONS[name]]
    return {row[1]: row[2].strip() for row in rows if row}


@pytest.mark.parametrize("name", FILES)
def test_every_field_of_a_file_is_described_and_no_other(name):
    assert name in SECTIONS, f"docs/DATA.md has no heading for {name}"
    assert set(described(name)) == {field for field, _ in fields(FILES[name])}


@pytest.mark.parametrize("name", FILES)
def test_a_field_that_may_be_null_is_said_to_be(name):
    says_null = {field for field, kind in described(name).items() if "null" in kind}

    assert says_null == {field for field, null in fields(FILES[name]) if null}


def test_every_file_of_a_run_is_described():
    made = {*FILES_OF_A_RUN, CHECKPOINT, SCORES, GENERATIONS, RESULTS, REPORT}

    assert {Path(name).name for name in made} <= SECTIONS.keys()


def test_every_file_of_a_dataset_is_described():
    row = Row(
        id="a:q01",
        source_id="a:q01",
        video_id="a",
        video_title="A talk",
        question="Why do bees sleep?",
        answer="They rest at night.",
        generator="offline",
    )
    rows = [
        row.model_copy(update={"id": f"a:q0{number}", "part": part})
        for number, part in enumerate(("train", "valid", "test"))
    ]

    beside = {analysing.ANALYSIS, analysing.PICTURE, analysing.MANIFEST}
    assert dataset_writers(rows, load_settings(CONFIG)).keys() | beside <= SECTIONS.keys()


def test_the_columns_of_the_table_are_the_fields_of_a_row():
    assert SCHEMA.names == list(Row.model_fields)
    for column in SCHEMA:
        assert column.nullable == may_be_null(Row.model_fields[column.name].annotation), column.name


def test_every_list_of_the_metrics_is_described():
    assert set(described("training_metrics.json")) == set(as_lists([], {}))


def paths(value, models, prefix=""):
    """Every key of a document, and what may be null in the records it holds."""
    for key, inner in value.items():
        here = f"{prefix}{key}"
        model = models.get(here)
        yield here, inner is None
        if model:
            yield from fields(model, f"{here}.")
        elif here in NESTED:
            yield from paths(inner, models, f"{here}.")


NESTED = {"base"}


def test_every_key_of_the_run_s_metadata_is_described():
    """`run_metadata.json` is put together in `training.run`, from records and loose keys."""
    effective = Effective(
        fine_tune="lora",
        rank=8,
        scale=20.0,
        dropout=0.0,
        layers=(0,),
        modules=("self_attn.q_proj",),
        trainable_parameters=1,
        total_parameters=2,
        learning_rate_times_scale=0.2,
    )
    train = load_settings(CONFIG).train
    spec = TrainSpec(
        folder=Path("models/demo/run"),
        root=Path("none"),  # without a lock, and in no repository
        base=Path("models/sample-base"),
        base_digests=BaseDigests(weights="w", config="c", tokenizer="t", template="t"),
        dataset=Path("data/demo/dataset/0"),
        dataset_name="data/demo/dataset/0",
        dataset_digests={},
        settings=train,
        system_prompt=None,
        blas="openblas",
    )
    plan = Plan(
        lengths=(3,),
        epochs=1,
        window=1,
        seed=0,
        layout=Layout(kind="bucketed", batch_size=1, capacity=8, call_cost=16, width=8),
    )
    describe = describer(
        spec,
        effective,
        plan,
        [],
        Fit(room_bytes=None, foreseen_bytes=None, applied=()),
        Choice(kind="bucketed", saved_by_packing=None, reason="as set"),
        "2026-01-01T00:00:00Z",
        ends=1.0,
    )

    found = dict(
        paths(
            describe(None),
            {
                "effective": Effective,
                "base.sha256": BaseDigests,
                "result": Finished,
                "memory": Fit,
                "batching": Choice,
            },
        )
    )
    says_null = {field for field, kind in described("run_metadata.json").items() if "null" in kind}
    assert set(described("run_metadata.json")) == set(found)
    assert says_null == {field for field, null in found.items() if null}


def test_every_reason_for_a_drop_is_described():
    reasons = set(typing.get_args(records.DropReason))

    assert set(described("Reasons for a drop")) == reasons


def test_every_reason_for_a_missing_transcript_is_described():
    shown = described("Reasons for a missing transcript")

    assert set(shown) == set(typing.get_args(records.TranscriptReason))
    assert {name for name, kind in shown.items() if kind == "final"} == records.PERMANENT


def every_record(cls=Record):
    for child in cls.__subclasses__():
        yield child
        yield from every_record(child)


def test_no_record_is_forgotten():
    """A new record is either described in docs/DATA.md or said not to reach the disk."""
    for found in pkgutil.walk_packages(understudy.__path__, "understudy."):
        if found.name != "understudy.__main__":
            importlib.import_module(found.name)

    reached = set(FILES.values())
    for model in FILES.values():
        nested = [model]
        while nested:
            below = [inside(info.annotation) for info in nested.pop().model_fields.values()]
            new = {found[0] for found in below if found} - reached
            reached |= new
            nested += new
    forgotten = {
        f"{cls.__module__}.{cls.__name__}"
        for cls in every_record()
        if cls not in reached
        and cls.__module__.startswith("understudy.")
        and cls.__name__ not in NOT_ON_DISK
        and not cls.__name__.startswith("Document[")
        and cls is not Document
    }

    assert forgotten == set()
