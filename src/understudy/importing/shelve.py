"""Put what was imported where the line finds it, beside what is there and never over it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from understudy.accounting import Account, account
from understudy.artifacts import Artifact, read_jsonl, read_record, write_json, write_jsonl
from understudy.errors import DataError
from understudy.importing.rows import Imported
from understudy.manifests import Document
from understudy.records import Answer, Dropped, Question, Record, Transcript, Video, digest_of
from understudy.transcripts import find_transcript
from understudy.videos import VideoLedger
from understudy.workspace import Workspace

VERSION = "1"


class Report(Record):
    """What one import brought: `imports/reports/<digest>.json`, written when all else is."""

    source: str
    """Name of the file, without its folder."""
    sha256: str
    """Of the file."""
    version: str
    kind: str
    description: str
    account: Account
    dropped: tuple[Dropped, ...]
    video_ids: tuple[str, ...]
    bundle: str | None = None
    """SHA-256 of `imports/<digest>.jsonl`, for pairs."""


def bundle_path(workspace: Workspace, digest: str) -> Path:
    return workspace.imports / f"{digest[:12]}.jsonl"


def report_path(workspace: Workspace, digest: str) -> Path:
    return workspace.imports / "reports" / f"{digest[:12]}.json"


def imported_before(workspace: Workspace, digest: str) -> Report | None:
    """The report of an earlier import of this very file, if what it brought is still there."""
    try:
        report = read_record(report_path(workspace, digest), Report)
    except DataError:
        return None
    whole = report.sha256 == digest and report.version == VERSION
    return report if whole and _intact(workspace, report) else None


def _intact(workspace: Workspace, report: Report) -> bool:
    known = {video.video_id for video in VideoLedger.open(workspace.videos).videos}
    if not known.issuperset(report.video_ids):
        return False
    if report.kind == "pairs":
        path = bundle_path(workspace, report.sha256)
        return path.exists() and digest_of(path.read_bytes()) == report.bundle
    place = workspace.transcript if report.kind == "transcripts" else workspace.questions
    return all(place(video_id).exists() for video_id in report.video_ids)


def shelve(workspace: Workspace, imported: Imported, *, source: str, digest: str) -> Report:
    """Publish one import: its files, the ledger, and the report last.

    Stopped anywhere and run again, it ends in the same files.

    Args:
        source: Name of the file.
        digest: SHA-256 of the file.

    Raises:
        WriteError: The file system refused; what was there is whole.
    """
    bundle: str | None = None
    if imported.kind == "pairs":
        written, already = _shelve_pairs(workspace, imported.answers, digest)
        bundle, produced, reused = written.sha256, written.rows or 0, 0
    elif imported.kind == "questions":
        produced, reused, already = _shelve_questions(workspace, imported.questions)
    else:
        produced, reused, already = _shelve_transcripts(workspace, imported.transcripts)
    dropped = (*imported.dropped, *already)
    _enter(workspace, imported)
    counts = account(
        "import",
        imported.kind.removesuffix("s"),
        produced=produced,
        dropped=[one.reason for one in dropped],
        reused=reused,
    )
    report = Report(
        source=source,
        sha256=digest,
        version=VERSION,
        kind=imported.kind,
        description=imported.description,
        account=counts,
        dropped=dropped,
        video_ids=tuple(video.video_id for video in imported.videos),
        bundle=bundle,
    )
    write_json(report_path(workspace, digest), report)
    return report


def _shelve_pairs(
    workspace: Workspace, answers: Sequence[Answer], digest: str
) -> tuple[Artifact, list[Dropped]]:
    """Write the bundle, without the pairs that another bundle has."""
    mine = bundle_path(workspace, digest)
    others = sorted(path for path in workspace.imports.glob("*.jsonl") if path != mine)
    known = {answer.id for path in others for answer in read_jsonl(path, Answer)}
    kept = [answer for answer in answers if answer.id not in known]
    already = [_already(answer.id, answer.question) for answer in answers if answer.id in known]
    return write_jsonl(mine, kept), already


def _shelve_questions(
    workspace: Workspace, questions: Iterable[Question]
) -> tuple[int, int, list[Dropped]]:
    """Write `questions/<id>.json` for each video; questions that were paid for stay alone."""
    by_video: dict[str, list[Question]] = {}
    for question in questions:
        by_video.setdefault(question.video_id, []).append(question)
    produced = reused = 0
    already: list[Dropped] = []
    for video_id, asked in by_video.items():
        path = workspace.questions(video_id)
        there = _document(path)
        if there is not None and there.recipe is not None:
            already.extend(_already(question.id, question.question) for question in asked)
            continue
        items = merged(there.items if there else (), asked)
        old = len(there.items) if there else 0
        produced += len(asked)
        reused += len(asked) - (len(items) - old)
        if len(items) > old:
            counts = account("questions", "question", produced=len(items))
            write_json(path, Document[Question](recipe=None, items=items, account=counts))
    return produced, reused, already


def merged(there: Sequence[Question], asked: Iterable[Question]) -> tuple[Question, ...]:
    """Add questions that are not there yet, under the numbers that follow."""
    items = list(there)
    known = {question.question for question in there}
    number = max((int(question.id.split(":q")[1]) for question in there), default=0)
    for question in asked:
        if question.question not in known:
            number += 1
            name = f"{question.video_id}:q{number:02d}"
            items.append(question.model_copy(update={"id": name}))
    return tuple(items)


def _document(path: Path) -> Document[Question] | None:
    """Read what is there.

    Raises:
        DataError: It is there and cannot be read: it may be paid work, so it is not replaced.
    """
    return read_record(path, Document[Question]) if path.exists() else None


def _shelve_transcripts(
    workspace: Workspace, transcripts: Iterable[Transcript]
) -> tuple[int, int, list[Dropped]]:
    produced = reused = 0
    already: list[Dropped] = []
    for transcript in transcripts:
        path = workspace.transcript(transcript.video_id)
        there = find_transcript(path)
        if there is None:
            write_json(path, transcript)
            produced += 1
        elif there == transcript:
            produced, reused = produced + 1, reused + 1
        else:
            already.append(_already(transcript.video_id, transcript.title))
    return produced, reused, already


def _already(item: str, text: str) -> Dropped:
    return Dropped(id=item, reason="already_there", text=text[:400])


# --- the ledger --------------------------------------------------------------


def _enter(workspace: Workspace, imported: Imported) -> None:
    """Bring the ledger up to date with one import."""
    ledger = VideoLedger.open(workspace.videos)
    rows = {video.video_id: video for video in ledger.videos}
    for video in imported.videos:
        known = rows.get(video.video_id)
        paid = imported.kind == "pairs" and _was_paid_for(workspace, video.video_id)
        rows[video.video_id] = video if known is None else entered(known, video, paid=paid)
    ledger.replace(rows.values())


def entered(known: Video, brought: Video, *, paid: bool) -> Video:
    """The row of a video that was known and about which an import brings something.

    Pairs make a video done: its questions are not asked again, unless we asked and paid for some
    ourselves, which then go on. A transcript lifts whatever kept the video from having one.

    Args:
        paid: Whether the teacher has worked on this video here.
    """
    title = known.title or brought.title
    if brought.status == "imported" and not paid:
        return known.model_copy(update={"status": "imported", "reason": None, "title": title})
    if brought.status == "transcribed" and known.status != "imported":
        return known.model_copy(update={"status": "transcribed", "reason": None, "title": title})
    return known.model_copy(update={"title": title})


def _was_paid_for(workspace: Workspace, video_id: str) -> bool:
    if workspace.answers(video_id).exists():
        return True
    there = _document(workspace.questions(video_id))
    return there is not None and there.recipe is not None
