from __future__ import annotations

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.accounting import account
from understudy.artifacts import read_jsonl, read_record, write_json
from understudy.errors import DataError, EmptySourceError, RowError, UnderstudyError
from understudy.importing import read_any
from understudy.importing.shelve import entered, imported_before, merged, shelve
from understudy.manifests import Document, Recipe
from understudy.records import Answer, Question, Transcript, Video, digest_of
from understudy.videos import VideoLedger
from understudy.workspace import Workspace

VIDEO = "dQw4w9WgXcQ"
PAIR = {
    "video_id": VIDEO,
    "video_title": "T",
    "question": "Why?",
    "answer": "Because.",
    "tags": ["a"],
}


@pytest.fixture
def load(tmp_path):
    """Write a file under a name that says nothing and read it."""

    def call(content, **options):
        path = tmp_path / "somefile"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_any(path, **options)

    return call


def lines(*rows) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def pairs(imported):
    return [(a.video_id, a.question, a.answer) for a in imported.answers]


def reasons(imported):
    return [(one.id, one.reason) for one in imported.dropped]


# --- pairs -------------------------------------------------------------------


def test_the_real_pairs_come_in_whole(real_pairs):
    imported = read_any(real_pairs)

    raw = [json.loads(line) for line in real_pairs.read_text().splitlines()]
    assert pairs(imported) == [(r["video_id"], r["question"], r["answer"]) for r in raw]
    assert (len(imported.answers), len(imported.videos), imported.dropped) == (1709, 148, ())
    assert imported.description == "JSON lines: 1,709 question-answer pairs of 148 videos"


def test_a_pair_becomes_an_answer_with_an_id_of_its_content(load):
    (answer,) = load(lines(PAIR, {**PAIR, "answer": ""})).answers

    assert answer == Answer(
        id=f"{VIDEO}:x{digest_of('Why?Because.')[:12]}",
        video_id=VIDEO,
        video_title="T",
        question="Why?",
        answer="Because.",
        tags=("a",),
        generator="import",
    )


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": "Why?", "output": "Because."},
        {"prompt": "Why?", "completion": "Because."},
        {"Question": "Why?", "ANSWER": " Because.\r\n", "Video": f"https://youtu.be/{VIDEO}?t=3"},
        {"question": "Why?", "answer": "Because.", "metadata": {"video_id": VIDEO}},
    ],
)
def test_pairs_under_the_names_that_people_give_them(load, row):
    (found,) = pairs(load(lines(row, row)))

    assert found[1:] == ("Why?", "Because.")
    assert found[0] == VIDEO if len(row) == 3 else found[0].startswith("row-")


def test_instruction_and_input_make_one_question(load):
    imported = load(
        json.dumps([{"instruction": "Sum up:", "input": "Bees fly.", "output": "Yes."}])
    )

    assert imported.answers[0].question == "Sum up:\n\nBees fly."


def test_rows_without_a_video_are_groups_of_their_own_and_named_sources_one(load):
    rows = [{"question": f"Q{n}?", "answer": "A."} for n in range(3)]
    imported = load(lines(*rows, *({**row, "source": "Lecture 3.mp4"} for row in rows)))

    groups = [answer.video_id for answer in imported.answers]
    assert len(set(groups[:3])) == 3
    assert len(set(groups[3:])) == 1
    assert groups[0].startswith("row-")
    assert groups[3].startswith("src-")
    assert imported.answers[3].video_title == "Lecture 3.mp4"


def test_chats_give_a_pair_for_each_turn_and_leave_the_system_out(load):
    chat = {
        "messages": [
            {"role": "system", "content": "You are."},
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": "1."},
            {"role": "user", "content": "Two,"},
            {"role": "user", "content": [{"type": "text", "text": "please?"}]},
            {"role": "assistant", "content": "2."},
            {"role": "user", "content": "unanswered"},
        ]
    }
    shared = {"conversations": [{"from": "human", "value": "H?"}, {"from": "gpt", "value": "G."}]}
    imported = load(lines(chat, shared, {"messages": [{"role": "user", "content": "alone"}]}))

    assert [(q, a) for _, q, a in pairs(imported)] == [
        ("One?", "1."),
        ("Two,\n\nplease?", "2."),
        ("H?", "G."),
    ]
    assert len({answer.video_id for answer in imported.answers}) == 2
    assert reasons(imported) == [("line 3", "missing")]


def test_rows_with_bad_content_are_counted_and_the_rest_comes_in(load):
    bad = [
        {**PAIR, "answer": ""},
        {**PAIR, "question": None},
        {**PAIR, "answer": "a\u0000b"},
        {**PAIR, "answer": "a\ud83db"},
        {**PAIR, "answer": "x" * (2**20 + 1)},
        {**PAIR, "answer": ["not", "a", "text"]},
        {**PAIR, "answer": "Second."},
        PAIR,
    ]
    imported = load(lines(PAIR, *bad))

    assert reasons(imported) == [
        ("line 2", "empty"),
        ("line 3", "empty"),
        ("line 4", "unreadable_text"),
        ("line 5", "unreadable_text"),
        ("line 6", "too_long"),
        ("line 7", "unreadable_text"),
        ("line 9", "duplicate_row"),
    ]
    assert len(imported.answers) == 2
    assert imported.account.requested == 9
    assert all(len(one.text) <= 400 for one in imported.dropped)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_with_quotes_line_ends_and_a_mark(load, delimiter):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([["Question", "Answer"], ['He said "why"?', "Line 1\nline 2"], [], ["Q?", ""]])

    imported = load(b"\xef\xbb\xbf" + text.getvalue().encode())

    assert [(q, a) for _, q, a in pairs(imported)] == [('He said "why"?', "Line 1\nline 2")]
    assert reasons(imported) == [("line 5", "empty")]


def test_parquet(tmp_path):
    path = tmp_path / "somefile"
    pq.write_table(pa.table({"prompt": ["Why?"], "response": ["So."], "video_id": [VIDEO]}), path)

    assert pairs(read_any(path)) == [(VIDEO, "Why?", "So.")]


# --- questions and transcripts -----------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        {VIDEO: ["Why?", {"question": "How?"}]},
        {VIDEO: {"title": "T", "questions": ["Why?", "How?"]}},
        [{"video_id": VIDEO, "video_title": "T", "questions": [{"question": "Why?"}, "How?"]}],
        {"videos": [{"video_id": VIDEO, "questions": ["Why?", "How?"]}]},
        {"video_id": VIDEO, "questions": ["Why?", "How?"]},
        [{"video_id": VIDEO, "question": "Why?"}, {"video_id": VIDEO, "question": "How?"}],
    ],
)
def test_questions_in_every_nesting(load, content):
    imported = load(json.dumps(content, indent=2))

    assert [(q.id, q.question) for q in imported.questions] == [
        (f"{VIDEO}:q01", "Why?"),
        (f"{VIDEO}:q02", "How?"),
    ]
    assert imported.kind == "questions"


def test_questions_of_no_video_are_refused_one_by_one(load):
    imported = load(
        lines({"video_id": "../etc", "question": "Q?"}, {"video_id": VIDEO, "question": "Q?"})
    )

    assert reasons(imported) == [("line 1", "unknown_id")]


@pytest.mark.parametrize(
    "row",
    [
        {"video_id": VIDEO, "title": "T", "transcript": "one two"},
        {"video_id": VIDEO, "text": "one two"},
        {"id": VIDEO, "content": "one two"},
        {"video_id": VIDEO, "segments": [{"start": 0, "end": 1, "text": "one two"}]},
        {"video_id": VIDEO, "transcript": [{"start": 0, "duration": 1, "text": "one two"}]},
    ],
)
def test_transcripts_under_the_names_that_people_give_them(load, row):
    imported = load(lines(row, {**row, "video_id": "no/id", "id": "no/id"}), language="en")

    assert [(t.video_id, t.text, t.language) for t in imported.transcripts] == [
        (VIDEO, "one two", "en")
    ]
    assert reasons(imported) == [("line 2", "unknown_id")]


def test_transcripts_by_video_and_empty_ones(load):
    imported = load(json.dumps({VIDEO: "one two", "other": " "}))

    assert [t.video_id for t in imported.transcripts] == [VIDEO]
    assert reasons(imported) == [("other", "empty")]


# --- files that cannot be used -----------------------------------------------


@pytest.mark.parametrize("slip", [0, 1, 4])
def test_an_unreadable_line_is_named_and_nothing_imported(load, slip):
    rows = [json.dumps(PAIR) for _ in range(5)]
    rows[slip] = rows[slip][:-5] + "}"

    with pytest.raises(RowError, match=f"line {slip + 1}: not JSON"):
        load("\n".join(rows))


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", EmptySourceError, "is empty"),
        (b"[]", EmptySourceError, "holds no row"),
        (b"question,answer\n", EmptySourceError, "holds no row"),
        (b'[{"foo": 1, "bar": 2}]', DataError, "keys foo, bar. Known are transcripts: video_id"),
        (b'[{"text": "no video"}]', DataError, "Known are"),
        (b"foo,bar\n1,2\n", DataError, "CSV with the keys foo, bar"),
        (b"question,answer\n1,2,3\n", RowError, "line 2: 3 fields, but the header has 2"),
        (b'[{"question": ', DataError, "is not JSON"),
        (b"[1, 2]", RowError, "item 1 is not an object but int"),
        (b'{"a": 1}\n[1]\n', RowError, "line 2: not an object but list"),
        (b"[" * 100_000, DataError, "is not JSON"),
        (b"question,answer\n\xff,x\n", DataError, "is not UTF-8"),
        (b'{"question": "\xff"}\n', DataError, "not UTF-8"),
        (b"PAR1 but not", DataError, "is not whole as Parquet"),
    ],
)
def test_what_cannot_be_used_is_explained(load, content, error, message):
    with pytest.raises(error, match=message.replace("(", r"\(")):
        load(content)


ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(
            ["question", "answer", "video_id", "text", "messages", "questions", "tags", "segments"]
        ),
        st.recursive(
            st.none() | st.text(st.characters()) | st.integers() | st.floats(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
    ),
    max_size=5,
)


@given(ROWS)
def test_any_rows_come_in_or_are_explained(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "rows"
    path.write_text(lines(*rows))

    try:
        imported = read_any(path)
    except UnderstudyError as error:
        assert str(error)  # noqa: PT017
    else:
        for record in (*imported.answers, *imported.questions, *imported.transcripts):
            record.model_dump_json().encode()
        for dropped in imported.dropped:
            dropped.model_dump_json().encode()


@given(st.binary(max_size=300))
def test_any_bytes_come_in_or_are_explained(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("bytes") / "raw"
    path.write_bytes(raw)

    try:
        read_any(path)
    except UnderstudyError as error:
        assert str(error)  # noqa: PT017


# --- on the shelf ------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path):
    return Workspace(root=tmp_path, channel="c")


@pytest.fixture
def bring(load, workspace):
    def call(content):
        raw = content.encode()
        return shelve(workspace, load(content), source="f", digest=digest_of(raw))

    return call


def files(workspace):
    return {
        str(path.relative_to(workspace.data)): path.read_bytes()
        for path in sorted(workspace.data.rglob("*"))
        if path.is_file()
    }


def ledger(workspace):
    return {v.video_id: v.status for v in VideoLedger.open(workspace.videos).videos}


def test_pairs_become_a_bundle_and_their_videos_are_done(workspace, bring):
    report = bring(lines(PAIR, {**PAIR, "question": "How?"}, {**PAIR, "answer": ""}))

    (bundle,) = workspace.imports.glob("*.jsonl")
    assert [answer.question for answer in read_jsonl(bundle, Answer)] == ["Why?", "How?"]
    assert ledger(workspace) == {VIDEO: "imported"}
    assert report.account.dropped == {"empty": 1}
    assert [one.id for one in report.dropped] == ["line 3"]


def test_importing_the_same_file_again_changes_nothing(workspace, bring):
    content = lines(PAIR, {**PAIR, "answer": "Other."})
    bring(content)
    before = files(workspace)

    assert imported_before(workspace, digest_of(content.encode())) is not None
    bring(content)

    assert files(workspace) == before


def test_importing_another_file_adds_and_pairs_that_are_there_come_in_once(workspace, bring):
    bring(lines(PAIR, PAIR))
    report = bring(lines(PAIR, {**PAIR, "question": "How?"}))

    rows = [a for path in workspace.imports.glob("*.jsonl") for a in read_jsonl(path, Answer)]
    assert sorted(answer.question for answer in rows) == ["How?", "Why?"]
    assert report.account.dropped == {"already_there": 1}


def test_an_import_that_was_taken_away_comes_back(workspace, bring):
    content = lines(PAIR, {**PAIR, "question": "How?"})
    bring(content)
    for path in workspace.imports.glob("*.jsonl"):
        path.unlink()

    assert imported_before(workspace, digest_of(content.encode())) is None


def test_questions_are_kept_for_the_second_pass(workspace, bring):
    bring(json.dumps({VIDEO: ["Why?", "How?"]}))

    document = read_record(workspace.questions(VIDEO), Document[Question])
    assert [q.question for q in document.items] == ["Why?", "How?"]
    assert document.recipe is None
    assert ledger(workspace) == {VIDEO: "listed"}


def test_more_imported_questions_are_added_under_the_next_numbers(workspace, bring):
    bring(json.dumps({VIDEO: ["Why?", "How?"]}))
    report = bring(json.dumps({VIDEO: ["How?", "When?"]}))

    document = read_record(workspace.questions(VIDEO), Document[Question])
    assert [(q.id[-3:], q.question) for q in document.items] == [
        ("q01", "Why?"),
        ("q02", "How?"),
        ("q03", "When?"),
    ]
    assert (report.account.produced, report.account.reused) == (2, 1)


def test_questions_that_were_paid_for_are_left_alone(workspace, bring):
    paid = Document[Question](
        recipe=Recipe(stage="questions", version="1"),
        items=(),
        account=account("questions", "question", produced=0),
    )
    write_json(workspace.questions(VIDEO), paid)
    before = workspace.questions(VIDEO).read_bytes()

    report = bring(json.dumps({VIDEO: ["Why?"]}))

    assert workspace.questions(VIDEO).read_bytes() == before
    assert report.account.dropped == {"already_there": 1}


def test_transcripts_that_are_there_are_left_alone(workspace, bring):
    bring(lines({"video_id": VIDEO, "text": "one"}, {"video_id": "b", "text": "two"}))
    report = bring(lines({"video_id": VIDEO, "text": "changed"}, {"video_id": "b", "text": "two"}))

    assert read_record(workspace.transcript(VIDEO), Transcript).text == "one"
    assert (report.account.dropped, report.account.reused) == ({"already_there": 1}, 1)
    assert ledger(workspace) == {VIDEO: "transcribed", "b": "transcribed"}


@pytest.mark.parametrize("first", ["pairs", "transcripts"])
def test_pairs_make_a_video_done_whichever_file_comes_first(workspace, bring, first):
    both = [lines(PAIR, PAIR), lines({"video_id": VIDEO, "text": "one"})]
    for content in both if first == "pairs" else reversed(both):
        bring(content)

    assert ledger(workspace) == {VIDEO: "imported"}
    assert workspace.transcript(VIDEO).exists()


def test_pairs_do_not_stop_work_that_was_paid_for():
    known = Video(video_id=VIDEO, title="", origin="youtube", status="transcribed")
    brought = Video(video_id=VIDEO, title="T", origin="import", status="imported")

    assert entered(known, brought, paid=True).status == "transcribed"
    assert entered(known, brought, paid=False).status == "imported"
    assert entered(known, brought, paid=True).title == "T"


def test_a_transcript_lifts_what_kept_a_video_from_having_one():
    known = Video(
        video_id=VIDEO, title="", origin="youtube", status="unavailable", reason="disabled"
    )
    brought = Video(video_id=VIDEO, title="", origin="import", status="transcribed")

    after = entered(known, brought, paid=False)

    assert (after.status, after.reason, after.origin) == ("transcribed", None, "youtube")


def test_merging_numbers_goes_on_after_a_gap():
    there = Question(id=f"{VIDEO}:q07", video_id=VIDEO, question="Old?", generator="import")
    new = Question(id=f"{VIDEO}:q01", video_id=VIDEO, question="New?", generator="import")

    assert [question.id for question in merged([there], [new])] == [f"{VIDEO}:q07", f"{VIDEO}:q08"]
