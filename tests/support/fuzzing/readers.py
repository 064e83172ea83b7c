"""Everything that reads what comes from outside, by name, with valid input to start from.

A reader takes bytes, in a folder of its own, and does with them what the product does. What the
product raises on purpose is a refusal; anything else is a finding.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.fuzzing import samples
from tests.support.rows import many_rows
from tests.support.teachers import ROOT, make_settings, make_transcript
from understudy.answers import accept_answers
from understudy.artifacts import file_digest, read_record
from understudy.browse.page import render
from understudy.captions import title_of
from understudy.chat import ChatRow
from understudy.documents import SUFFIXES, about, transcript_from
from understudy.errors import UnderstudyError
from understudy.importing.interpret import read_any
from understudy.importing.shelve import shelve
from understudy.lint.reading import read as read_lint
from understudy.manifests import fresh, fresh_document, recipe
from understudy.marks import read_marks
from understudy.passes import Answers, Questions
from understudy.proof.general import read_general
from understudy.proof.journal import read_lines
from understudy.proof.records import GenerationLine, ScoreLine
from understudy.questions import accept_questions
from understudy.records import Question, Transcript, Video, checked_video_id
from understudy.review import read_review, review_file
from understudy.rows import iter_rows, read_answers, read_bundle
from understudy.runs.reading import read_run
from understudy.settings import load_settings, parse_assignments
from understudy.sources.addresses import addresses
from understudy.split import Assignment
from understudy.teacher.batch.book import JobBook
from understudy.teacher.batch.lines import read_result
from understudy.teacher.calling.calls import read_json, read_reply
from understudy.teacher.calling.conversation import InvalidReplyError
from understudy.teacher.money.bookkeeping import totals
from understudy.teacher.money.ledger import Ledger, read_entries, spent
from understudy.teacher.money.pricing import load_prices
from understudy.teacher.prompts import load_prompt, shared_prefix
from understudy.teacher.protocol import DraftAnswer, DraftQuestion
from understudy.teacher.schemas import read_answers as read_reply_answers
from understudy.teacher.schemas import read_opinions, read_questions, read_variants
from understudy.training.dataset import read_rows
from understudy.training.runs import choose_dataset, choose_run
from understudy.transcripts import find_transcript, read_transcript
from understudy.videos import VideoLedger, checked_youtube_id
from understudy.workspace import Workspace, child

Reader = Callable[[bytes, Path], None]
REFUSALS = (UnderstudyError, InvalidReplyError)
"""What may be raised: typed errors, and the engine's own word for a reply it will not take."""


@cache
def _settings() -> Any:
    return make_settings("http://127.0.0.1:9/v1")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _file(raw: bytes, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def refused(work: Callable[[], Any]) -> None:
    """Do something whose refusal must not keep the rest from being tried."""
    with suppress(*REFUSALS):
        work()


def captions(raw: bytes, folder: Path) -> None:
    """A local talk under every ending, and what would be shown and asked of it."""
    video = Video(video_id="talk01", title="A talk", origin="folder", status="listed")
    for suffix in sorted(SUFFIXES):
        found = about(raw, suffix)
        assert found.video_id is None or checked_video_id(found.video_id)
        with suppress(UnderstudyError):
            talk = transcript_from(raw, suffix, video=video, language="en")
            starts = [segment.start for segment in talk.segments]
            assert starts == sorted(starts)
            assert Transcript.model_validate_json(talk.model_dump_json()) == talk
    title_of(_text(raw))


def imported(raw: bytes, folder: Path) -> None:
    """A file that somebody brings, and all that is written for it."""
    path = _file(raw, folder / "brought.file")
    shelve(Workspace(folder, "demo"), read_any(path), source=path.name, digest=file_digest(path))


def settings(raw: bytes, folder: Path) -> None:
    load_settings(_file(raw, folder / "config.yaml"))


def prices(raw: bytes, folder: Path) -> None:
    load_prices(_file(raw, folder / "prices.yaml"))


def overrides(raw: bytes, folder: Path) -> None:
    load_settings(ROOT / "config" / "demo.yaml", parse_assignments([_text(raw)]))


def lint(raw: bytes, folder: Path) -> None:
    read_lint(_text(raw), where="lora.yaml")


def prompt(raw: bytes, folder: Path) -> None:
    load_prompt(_file(raw, folder / "prompt.md"), _settings().channel, frozenset({"count"}))


def replies(raw: bytes, folder: Path) -> None:
    """What a teacher said, through schema, rules and evidence."""
    text, talk, given = _text(raw), make_transcript(), _settings()
    refused(lambda: read_variants(text, {"q01"}))
    refused(lambda: read_opinions(text, {"q01"}))
    refused(lambda: _questions(text, talk, given))
    asked = [
        Question(id=f"talk01:q0{n}", video_id="talk01", question="How so?", generator="m")
        for n in (1, 2)
    ]
    drafts = [
        DraftAnswer(id=f"talk01:{one.id}", answer=one.answer, quote=one.quote, tags=tuple(one.tags))
        for one in read_reply_answers(text, {"q01", "q02"})
    ]
    kept, dropped = accept_answers(drafts, asked, talk, given.channel, given.answers, "m")
    assert {one.id for one in asked} <= {one.id for one in (*kept, *dropped)}


def _questions(text: str, talk: Transcript, given: Any) -> None:
    drafts = [DraftQuestion(question=one.question) for one in read_questions(text)]
    kept, dropped = accept_questions(drafts, talk, given.channel, given.questions, "m")
    assert len(kept) + len(dropped) == len(drafts)


def bodies(raw: bytes, folder: Path) -> None:
    """A server's answer, and a line of a batch job's output."""
    text = raw.decode("utf-8", "replace")  # as the client decodes it
    read_result(raw)
    with suppress(ValueError):  # what the engine takes for a failed request
        read_reply(read_json(text))


def ledger(raw: bytes, folder: Path) -> None:
    """The journal, read and written on: what was whole stays, and a new line is found again."""
    path = _file(raw, folder / "ledger.jsonl")
    entries = list(read_entries(path))
    totals(entries, ("channel", "day"))
    spent(path, "demo")
    with Ledger(path) as opened:
        for entry in entries:
            assert opened.find(entry.digest) is not None
        written = next(read_entries(_file(samples.ledgers()[0], folder / "one.jsonl")))
        opened.append(written.model_copy(update={"digest": "e" * 64}))
        assert opened.find("e" * 64) is not None
    assert len(list(read_entries(path))) == len(entries) + 1


def ids(raw: bytes, folder: Path) -> None:
    """A name that is to become a path, an address, or one of what is there."""
    text, here = _text(raw), Workspace(folder, "demo")
    for place in (here.transcript, here.questions, here.answers):
        refused(lambda place=place: _inside(place(text), here.data))
    for named in (checked_youtube_id, lambda one: addresses(one, ("videos",))):
        refused(lambda named=named: named(text))
    refused(lambda: choose_dataset(here, text))
    refused(lambda: choose_run(here, text))
    found = child(folder, text)
    assert found is None or found.parent == folder.resolve()


def _inside(path: Path, folder: Path) -> None:
    assert path.parent.parent == folder


def titles(raw: bytes, folder: Path) -> None:
    """A title in a prompt and on a page."""
    title = raw.decode("utf-8", "replace")
    talk = make_transcript().model_copy(update={"title": title})
    assert shared_prefix(talk)
    rows = [row.model_copy(update={"video_title": title}) for row in many_rows(2)]
    page = render(rows, _settings().channel, linked=False)
    assert page.count("<script") == len(_plain_page().split("<script")) - 1


@cache
def _plain_page() -> str:
    return render(many_rows(2), _settings().channel, linked=False)


def documents(raw: bytes, folder: Path) -> None:
    """The passes' files of one talk."""
    path = _file(raw, folder / "document.json")
    find_transcript(path)
    refused(lambda: read_transcript(path))
    for model in (Questions, Answers):
        fresh_document(path, model, recipe("questions", "1"))
        refused(lambda model=model: read_record(path, model))
    read_answers(path)


def channel_files(raw: bytes, folder: Path) -> None:
    """Ledger of videos, imported bundle, decisions, split, batch jobs."""
    here = Workspace(folder, "demo")
    _file(raw, review_file(here))
    _file(raw, here.batches / "job.json")
    path = _file(raw, here.videos)
    for work in (
        lambda: VideoLedger.open(path),
        lambda: list(read_bundle(path)),
        lambda: read_review(here),
        lambda: read_record(path, Assignment),
        lambda: JobBook(here.batches).open_jobs(endpoint="e", model="m"),
    ):
        refused(work)


def manifests(raw: bytes, folder: Path) -> None:
    _file(b'{\n "a": 1\n}\n', folder / "a.json")
    _file(raw, folder / "manifest.json")
    found = fresh(folder, recipe("s", "1"))
    for artifact in found.resolved(folder).values() if found else ():
        assert artifact.path.resolve().is_relative_to(folder.resolve())


def tables(raw: bytes, folder: Path) -> None:
    for row in iter_rows(_file(raw, folder / "rows.parquet")):
        assert row.id


def marks(raw: bytes, folder: Path) -> None:
    for suffix in (".csv", ".jsonl"):
        path = _file(raw, folder / f"marks{suffix}")
        refused(lambda path=path: read_marks(path, many_rows(2)))


def chats(raw: bytes, folder: Path) -> None:
    path = _file(raw, folder / "rows" / "train.jsonl")
    refused(lambda: read_rows(path))
    for one in read_general(path):
        assert isinstance(one.row, ChatRow)


def journals(raw: bytes, folder: Path) -> None:
    path = _file(raw, folder / "scores.jsonl")
    read_lines(path, ScoreLine)
    read_lines(path, GenerationLine)


def runs(raw: bytes, folder: Path) -> None:
    """A run's three files, spoilt together where they still come apart, or else each alone."""
    run = folder / "demo" / "20261122T100000Z-0123456789ab"
    names = {
        "metadata": "run_metadata",
        "metrics": "training_metrics",
        "results": "evaluation_results",
    }
    try:
        parts = json.loads(raw)
    except (ValueError, RecursionError):
        parts = None
    for key, name in names.items():
        one = json.dumps(parts.get(key, {})).encode() if isinstance(parts, dict) else raw
        _file(one, run / f"{name}.json")
    read_run(run)


READERS: Mapping[str, tuple[Reader, Callable[[], Sequence[bytes]]]] = {
    "captions": (captions, samples.talks),
    "import": (imported, samples.imports),
    "settings": (settings, samples.configs),
    "prices": (prices, samples.prices),
    "overrides": (overrides, samples.assignments),
    "lint": (lint, samples.lint_files),
    "prompt": (prompt, lambda: [(ROOT / "config/prompts/questions.md").read_bytes()]),
    "replies": (replies, samples.replies),
    "bodies": (bodies, samples.bodies),
    "ledger": (ledger, samples.ledgers),
    "ids": (ids, samples.ids),
    "titles": (titles, samples.titles),
    "documents": (documents, lambda: _records("questions", "answers", "transcript")),
    "channel files": (channel_files, lambda: _records("videos", "bundle", "assignment", "job")),
    "manifests": (manifests, lambda: _records("manifest")),
    "tables": (tables, lambda: _records("rows")),
    "marks": (marks, samples.marks),
    "chats": (chats, samples.chats),
    "journals": (journals, samples.journals),
    "runs": (runs, samples.runs),
}
"""Name to reader and the valid input that it starts from."""


def _records(*names: str) -> list[bytes]:
    found = samples.records()
    return [one for name in names for one in found[name]]
