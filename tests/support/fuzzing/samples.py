"""Valid input of every kind, to be spoilt."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.rows import answer_of, many_rows
from tests.support.teachers import ROOT, make_transcript
from tests.unit.test_captions import AUTOMATIC
from understudy.accounting import account
from understudy.artifacts import write_json, write_jsonl
from understudy.manifests import Document, publish, recipe
from understudy.records import Answer, Dropped, Question, Video
from understudy.rows import rows_writer
from understudy.split import Assignment
from understudy.teacher.batch.book import Asked, Job
from understudy.teacher.calling.calls import Usage
from understudy.teacher.money.ledger import Entry

VTT = (
    "WEBVTT - A talk\nKind: captions\n\nNOTE\nnot spoken\n\nSTYLE\n::cue { color: red }\n\n"
    "intro\n00:01.000 --> 00:03.500 line:80%\n<v Maren Holt>Bees &amp; <i>wasps</i> differ.\n\n"
    "2\n01:00:03.500 --> 01:00:04.000\nx < 5 and &lt;b&gt;\n"
)
SRT = "1\n00:00:01,000 --> 00:00:02,900\nNo.\n\n2\n00:00:03,000 --> 00:00:03,900\nYes, {\\an8}so.\n"
STAMPED = "0:00\nhello everyone\n0:05\n5 seconds\nwelcome back\n1:02:03 and so on\n"
"""As copied from YouTube's page."""


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _lines(*values: Any) -> bytes:
    return b"\n".join(map(_json, values)) + b"\n"


def talks() -> list[bytes]:
    """Local transcripts in every shape that is read."""
    sample = min((ROOT / "data" / "sample").glob("*.json")).read_bytes()
    events = [{"tStartMs": 0, "dDurationMs": 900, "segs": [{"utf8": "hello"}, {"utf8": " you"}]}]
    shapes: list[Any] = [
        {"text": "one two three four", "title": "A <b>talk</b>", "id": "../../etc/passwd"},
        {"snippets": [{"text": "hello", "start": 0.0, "duration": 1.5}], "language_code": "en"},
        [{"text": "hello", "start": "0.5", "end": 2}, {"utf8": "again", "offset": 3}],
        {"transcript": ["a line", "another"], "published_at": "20240814", "duration": "61"},
        {"events": events, "wireMagic": "pb3"},
    ]
    plain = [AUTOMATIC, VTT, SRT, STAMPED, "# A title\n\nSome words that were said.\n"]
    return [sample, *map(_json, shapes), *(one.encode() for one in plain)]


def imports() -> list[bytes]:
    """Files that people bring: pairs, chats, questions, transcripts; JSON, lines, CSV."""
    pair = {"question": "Why is honey sweet?", "answer": "Because of its sugars, which bees make."}
    named = {**pair, "video_id": "dQw4w9WgXcQ", "video_title": "On <bees>", "tags": ["a", "b"]}
    turns = [("user", pair["question"]), ("assistant", pair["answer"])]
    chat = {"messages": [{"role": role, "content": said} for role, said in turns]}
    asked = {"video_id": "dQw4w9WgXcQ", "questions": [{"question": pair["question"]}, "And why?"]}
    spoken = {"dQw4w9WgXcQ": [{"start": 0, "text": "hello everyone"}]}
    table = 'question,answer,video_id\n"Why, then?","Because, so.",dQw4w9WgXcQ\n'
    return [
        *(_lines(pair, named), _lines(chat, chat), _json({"data": [pair, named]})),
        *(_json([asked]), _json(spoken), table.encode(), table.replace(",", ";").encode()),
        _json({"instruction": pair["question"], "input": "", "output": pair["answer"]}),
        _table("question", "answer"),
    ]


def _table(*names: str) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.table({name: [f"{name} of a row, long enough"] for name in names}), sink)
    return sink.getvalue()


def configs() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "config").glob("*.yaml"))]


def lint_files() -> list[bytes]:
    text = (
        "model: a/b\nlearning_rate: 1e-5\nlora_parameters: {rank: 8, scale: 20.0}\nlora_rank: 8\n"
    )
    return [text.encode()]


def replies() -> list[bytes]:
    """What a teacher says, in all four forms."""
    quote = make_transcript().text[:120]
    said = {"id": "q01", "answer": answer_of().answer, "quote": quote, "tags": ["a", "b"]}
    forms: list[Any] = [
        {"questions": [{"question": "How do bees keep dry?"}], "answers": []},
        {"questions": [], "answers": [said, {**said, "id": "q02"}]},
        {"variants": [{"id": "q01", "question": "How, then?", "answer": "So."}]},
        {"rows": [{"id": "q01", "keep": True, "problem": ""}]},
    ]
    bare = [json.dumps(one) for one in forms]
    fenced = [f"<think>hm</think>Here:\n```json\n{one}\n```\nMore?" for one in bare]
    return [one.encode() for one in (*bare, *fenced)]


def bodies() -> list[bytes]:
    """A server's answers and lines of a batch job's output."""
    details = {"prompt_tokens_details": {"cached_tokens": 5}, "completion_tokens_details": None}
    body = {
        "id": "chatcmpl-1",
        "choices": [{"message": {"content": replies()[0].decode()}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 7, **details},
    }
    parts = {"choices": [{"message": {"content": [{"type": "text", "text": "x"}]}}]}
    line = {"custom_id": "d" * 64, "response": {"status_code": 200, "body": body}, "error": None}
    lost = {"custom_id": "d" * 64, "response": None, "error": {"code": "batch_expired"}}
    return [*map(_json, (body, parts, line, lost)), _json({"error": {"message": "no", "code": 1}})]


def ledgers() -> list[bytes]:
    entry = Entry(
        digest="d" * 64,
        at="2026-11-22T10:00:00.000+00:00",
        channel="demo",
        item_id="talk01",
        kind="questions",
        endpoint="http://127.0.0.1/v1",
        model="m",
        prompt_version="p",
        usage=Usage(prompt=10),
        cost_usd=0.01,
        latency_s=0.1,
        attempts=1,
        prompt_chars=3,
        body=bodies()[0].decode(),
    )
    line = entry.model_dump_json().encode() + b"\n"
    return [line * 3, line + line[:80] + b"\n" + line]


def ids() -> list[bytes]:
    return [
        *(b"dQw4w9WgXcQ", b"-ZzVYSEVi43", b"talk-1:q07", b"../../etc/passwd", b"a/b", b".", b""),
        *(b"@DrJasonFung", b"https://www.youtube.com/@talks/videos", b"PL" + b"a" * 20),
        *(b"UC" + b"a" * 22, b"https://youtu.be/dQw4w9WgXcQ?t=3", b"20261122T100000Z-0123456789ab"),
        *(
            "Dvo\u0159\u00e1k \u2014 \u00abtalk\u00bb".encode(),
            b"CON",
            b"x" * 64,
            b"\xe2\x80\xae.exe",
        ),
    ]


def titles() -> list[bytes]:
    return [
        *(b'On <bees> & "honey": part 1/2', "\U0001f41d \u0639\u0633\u0644 \u202emoc".encode()),
        *(
            b"</script><script>alert(1)</script>",
            b"{{ title }} {% raw %}",
            b"| a | b |\n|---|",
            b"a\0b",
        ),
    ]


def assignments() -> list[bytes]:
    return [
        b"train.epochs=3",
        b"source.video_ids=['a']",
        b"train.lora={rank: 8}",
        b"split.train=0.5",
    ]


@cache
def records() -> Mapping[str, Sequence[bytes]]:
    """Files of the project itself, as the product writes them."""
    talk = make_transcript()
    question = Question(id="talk01:q01", video_id="talk01", question="Why?", generator="m")
    made_of = recipe("questions", "1", inputs={"a": "b"})
    dropped = (Dropped(id="talk01:q02", reason="missing"),)
    counts = account("questions", "question", produced=1, dropped=["missing"])
    job = Job(
        key="0" * 32,
        state="submitted",
        planned_at=datetime(2026, 11, 22, tzinfo=UTC),
        channel="demo",
        endpoint="e",
        model="m",
        calls=(
            Asked(
                digest="d" * 64,
                item_id="talk01",
                kind="questions",
                prompt_version="p",
                prompt_chars=1,
                attempts=1,
                ceiling_usd=0.1,
            ),
        ),
    )
    documents = {
        "questions": Document[Question](
            recipe=made_of, items=(question,), dropped=dropped, account=counts
        ),
        "answers": Document[Answer](
            recipe=made_of, items=(answer_of(),), dropped=dropped, account=counts
        ),
        "transcript": talk,
        "job": job,
        "assignment": Assignment(
            salt="s", shares=(0.8, 0.1, 0.1), validation_rows=None, parts={"talk01": "train"}
        ),
    }
    found = {name: [written(write_json, one)] for name, one in documents.items()}
    video = Video(video_id="talk01", title="A talk", origin="folder", status="transcribed")
    found["videos"] = [written(write_jsonl, [video, video.model_copy(update={"video_id": "b"})])]
    found["bundle"] = [written(write_jsonl, [answer_of("b:q01", generator="import")])]
    found["manifest"] = [_manifest()]
    found["rows"] = [written(lambda path, rows: rows_writer(rows)(path), many_rows(3))]
    return found


def written(write: Callable[[Path, Any], Any], value: Any) -> bytes:
    """What a writer of the product puts into a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        write(path, value)
        return path.read_bytes()


def _manifest() -> bytes:
    with TemporaryDirectory() as folder:
        files = {"a.json": lambda path: write_json(path, {"a": 1})}
        publish(Path(folder), files, recipe("s", "1"))
        return (Path(folder) / "manifest.json").read_bytes()


def marks() -> list[bytes]:
    """A person's decisions, as a table and as lines."""
    rows = many_rows(2)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(("id", "mark", "question", "answer", "note", "digest"))
    writer.writerow((rows[0].id, "drop", "", "", "no", ""))
    return [table.getvalue().encode(), _lines({"id": rows[0].id, "mark": "keep"})]


def chats() -> list[bytes]:
    turns = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    row = {"id": "v:q01", "video_id": "v", "messages": turns, "kind": "original"}
    return [_lines(row, row), _lines({"question": "Why?", "answer": "So."})]


def journals() -> list[bytes]:
    line = {"key": "k", "id": "v:q01", "arm": "base", "loss": 1.5, "tokens": 3}
    said = {
        "key": "k",
        "id": "v:q01",
        "arm": "base",
        "text": "So.",
        "finish_reason": "stop",
        "tokens": 3,
    }
    return [_lines(line, line), _lines(said)]


def runs() -> list[bytes]:
    """A run's metadata, metrics and results, one after the other in one input."""
    metadata = {
        "timestamp": "t",
        "dataset": {"path": "data/x", "sha256": {}},
        "base": {"name": "b"},
    }
    metrics = {"iterations": [0, 10], "val_loss": [2.0, 1.0], "train_loss": [None, 1.0]}
    measure = {"title": "Loss", "base": 2.0, "tuned": 1.0, "diff": -1.0, "ci95": [-1.5, -0.5]}
    results = {
        "verdict": "LEARNED",
        "measures": {"loss": measure},
        "questions": [{"id": "v:q01", "video_id": "v", "tuned": {"loss": 1.0, "tokens": 3}}],
    }
    return [_json({"metadata": metadata, "metrics": metrics, "results": results})]


def prices() -> list[bytes]:
    return [(ROOT / "config" / "prices.yaml").read_bytes()]
