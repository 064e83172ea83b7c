"""A file is there whole or not at all, and a stage is fresh only when nothing it read has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.accounting import account
from understudy.artifacts import (
    canonical_json,
    file_digest,
    read_json,
    read_jsonl,
    read_parquet,
    read_record,
    write_bytes,
    write_json,
    write_jsonl,
    write_parquet,
    write_text,
)
from understudy.errors import DataError, RowError, WriteError
from understudy.manifests import MANIFEST, Document, fresh, fresh_document, publish, recipe
from understudy.records import Dropped, Question, Segment, digest_of
from understudy.settings import load_settings
from understudy.settings.loading import read_yaml, settings_from

DEMO = Path(__file__).resolve().parents[2] / "config" / "demo.yaml"
SETTINGS = load_settings(DEMO)
SCHEMA = pa.schema([("id", pa.string()), ("reason", pa.string()), ("text", pa.string())])


def dropped(*texts):
    return [Dropped(id=f"a:q{i:02}", reason="empty", text=text) for i, text in enumerate(texts)]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# --- writing ---------------------------------------------------------------------


def test_a_written_file_is_described_as_it_lies(tmp_path):
    artifact = write_text(tmp_path / "new" / "a.txt", "bees é\n")

    content = artifact.path.read_bytes()
    assert content == "bees é\n".encode()
    assert (artifact.sha256, artifact.bytes) == (digest_of(content), len(content))
    assert names(tmp_path / "new") == ["a.txt"]


def test_a_written_file_can_be_read_by_others(tmp_path):
    assert write_text(tmp_path / "a.txt", "a").path.stat().st_mode & 0o777 == 0o644


INTERRUPTED = """
import os, sys
from pathlib import Path
from understudy import artifacts
def die(*_):
    os.kill(os.getpid(), 9)
setattr(os, sys.argv[2], die)
artifacts.write_bytes(Path(sys.argv[1]), b"new" * 1000)
"""


def test_a_write_that_is_killed_before_its_end_leaves_the_old_file(tmp_path):
    path = write_text(tmp_path / "a.txt", "old").path

    killed = subprocess.run([sys.executable, "-c", INTERRUPTED, str(path), "fsync"], check=False)

    assert killed.returncode == -9
    assert path.read_text(encoding="utf-8") == "old"


LIMITED = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from understudy.artifacts import write_bytes
from understudy.errors import WriteError
try:
    write_bytes(Path(sys.argv[1]), b"new" * 10_000)
except WriteError as error:
    print(error)
"""


def assert_old_file_is_whole(path, message):
    assert path.read_text(encoding="utf-8") == "old"
    assert names(path.parent) == ["a.txt"]
    assert f"cannot write {path}: " in message
    assert "Nothing was changed: free some space" in message


def test_a_file_that_grows_over_the_limit_leaves_the_old_one(tmp_path):
    path = write_text(tmp_path / "a.txt", "old").path

    said = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=True
    ).stdout

    assert_old_file_is_whole(path, said)
    assert "File too large" in said


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 256 kB, where this machine lets us mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "understudy-test", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a full disk is planted by mounting a small one, which takes root on Linux")
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this container may not mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_old_file(small_disk):
    path = write_text(small_disk / "a.txt", "old").path

    with pytest.raises(WriteError) as caught:
        write_bytes(path, b"new" * 200_000)

    assert_old_file_is_whole(path, str(caught.value))
    assert "No space left on device" in str(caught.value)


def test_a_full_disk_in_the_middle_of_a_stage_leaves_it_stale(small_disk):
    made = recipe("split", "1")
    publish(small_disk, {"a.txt": lambda path: write_text(path, "old")}, made)
    changed = recipe("split", "2")

    with pytest.raises(WriteError):
        publish(
            small_disk,
            {
                "a.txt": lambda path: write_text(path, "new"),
                "b.txt": lambda path: write_bytes(path, b"new" * 200_000),
            },
            changed,
        )

    assert fresh(small_disk, made) is None
    assert fresh(small_disk, changed) is None


def test_a_folder_where_a_file_should_be_is_named(tmp_path):
    (tmp_path / "a.txt").mkdir()

    with pytest.raises(WriteError, match=r"a\.txt"):
        write_text(tmp_path / "a.txt", "a")

    assert names(tmp_path) == ["a.txt"]


def test_a_file_where_a_folder_should_be_is_named(tmp_path):
    write_text(tmp_path / "data", "a")

    with pytest.raises(WriteError, match="data/a"):
        write_text(tmp_path / "data" / "a.txt", "a")


# --- text that no encoding accepts ----------------------------------------------------


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\ud800b", "a\ufffdb"),
        ("\udc00", "\ufffd"),
        ("\ud83d\udc1d", "🐝"),
        ("\ufeffa", "\ufeffa"),
    ],
)
def test_a_lone_surrogate_is_replaced_in_every_format(tmp_path, text, written):
    rows = dropped(text)

    write_text(tmp_path / "a.txt", text)
    write_json(tmp_path / "a.json", rows[0])
    write_jsonl(tmp_path / "a.jsonl", [*rows, {"text": text}])
    write_parquet(tmp_path / "a.parquet", rows, SCHEMA)

    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == written
    assert read_json(tmp_path / "a.json")["text"] == written
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == [written, written]
    assert read_parquet(tmp_path / "a.parquet", Dropped)[0].text == written


awkward = st.text(max_size=40) | st.sampled_from(
    ["\0", "\r\n", "\u2028", "\u0085", "\ufeff", '"\\', "'''", "<script>", "\u202e", "x" * 5000]
)


@settings(max_examples=60)
@given(st.lists(awkward, max_size=5))
def test_text_survives_every_format(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("formats")
    rows = dropped(*texts)

    write_jsonl(folder / "a.jsonl", rows)
    write_parquet(folder / "a.parquet", rows, SCHEMA)

    assert read_jsonl(folder / "a.jsonl", Dropped) == rows
    assert read_parquet(folder / "a.parquet", Dropped) == rows


# --- reading --------------------------------------------------------------------------


GOOD = b'{"id": "a:q01", "reason": "empty"}'


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (b"{", "no Dropped: Invalid JSON"),
        (b"nonsense", "no Dropped: Invalid JSON"),
        (b'{"id": "a:q01"}', "no Dropped: reason: Field required"),
        (b'{"id": "a:q01", "reason": "because"}', "no Dropped: reason: "),
        (b'{"id": "a:q01", "reason": "empty", "x": 1}', "no Dropped: x: Extra inputs"),
        (b"[1]", "no Dropped: "),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"id": "\x00"}', "no Dropped: "),
        (b"[" * 100_000, "no Dropped: Invalid JSON"),
    ],
)
def test_a_line_that_does_not_parse_is_named_by_its_number(tmp_path, bad, words):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join([GOOD, b"", GOOD, bad, GOOD]))

    with pytest.raises(RowError) as caught:
        read_jsonl(path, Dropped)

    assert str(caught.value).startswith(f"{path}, line 4: {words}")


@pytest.mark.parametrize(
    "content", [GOOD, GOOD + b"\n", GOOD + b"\r\n\r\n", b"\xef\xbb\xbf" + GOOD]
)
def test_one_line_is_read_whatever_its_editor_left_around_it(tmp_path, content):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)

    assert read_jsonl(path, Dropped) == [Dropped(id="a:q01", reason="empty")]


def test_an_empty_file_has_no_rows(tmp_path):
    assert read_jsonl(write_text(tmp_path / "a.jsonl", "").path, Dropped) == []


@pytest.mark.parametrize(
    ("read", "arguments"),
    [
        (read_json, ()),
        (file_digest, ()),
        (read_record, (Dropped,)),
        (read_jsonl, (Dropped,)),
        (read_parquet, (Dropped,)),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, read, arguments):
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(DataError) as caught:
            read(path, *arguments)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_json_is_named(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"a\.json is not JSON"):
        read_json(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_a_file_that_is_no_parquet_is_named(tmp_path, content):
    path = tmp_path / "a.parquet"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"a\.parquet is not Parquet"):
        read_parquet(path, Dropped)


def test_parquet_of_something_else_is_named(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", dropped("a"), SCHEMA).path

    with pytest.raises(DataError, match=r"a\.parquet holds no Segment: start"):
        read_parquet(path, Segment)


# --- bytes ----------------------------------------------------------------------------


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), json_values, max_size=5), st.randoms(use_true_random=False))
def test_canonical_json_does_not_depend_on_the_order_of_keys(value, random):
    shuffled = dict(random.sample(list(value.items()), len(value)))

    assert canonical_json(shuffled) == canonical_json(value)
    assert json.loads(canonical_json(value)) == value


def test_equal_rows_give_equal_bytes(tmp_path):
    rows = dropped("a", "", "é")

    for write, arguments in ((write_jsonl, ()), (write_parquet, (SCHEMA,))):
        one = write(tmp_path / "one", rows, *arguments)
        other = write(tmp_path / "other", rows, *arguments)
        assert one.sha256 == other.sha256
        assert one.rows == 3


def test_a_column_without_values_keeps_its_type(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", [], SCHEMA).path

    assert pq.read_schema(path).equals(SCHEMA)
    assert read_parquet(path, Dropped) == []


def test_a_file_has_the_digest_of_its_content(tmp_path):
    artifact = write_bytes(tmp_path / "a", os.urandom(3_000_000))

    assert file_digest(artifact.path) == artifact.sha256


# --- recipes and manifests ------------------------------------------------------------


def stage(folder, *, settings=SETTINGS, inputs: Mapping[str, str] | None = None, version="1"):
    """A stage that reads one section of the settings."""
    made = recipe(
        "split", version, inputs=inputs or {"rows": digest_of("rows")}, settings={"split": settings.split}
    )  # fmt: skip
    if ready := fresh(folder, made):
        return "reused", ready
    rows = dropped("a", "b")
    publish(
        folder,
        {
            "train.jsonl": lambda path: write_jsonl(path, rows),
            "test.jsonl": lambda path: write_jsonl(path, []),
        },
        made,
        account("split", "row", produced=2),
    )
    return "made", fresh(folder, made)


def changed(**changes):
    return settings_from(read_yaml(DEMO), where="demo", overrides=changes)


def test_a_stage_is_reused_while_nothing_has_changed(tmp_path):
    first, manifest = stage(tmp_path)
    again, found = stage(tmp_path)

    assert (first, again) == ("made", "reused")
    assert found == manifest
    assert found.account.produced == 2


def test_a_manifest_names_files_relative_to_itself(tmp_path):
    _, manifest = stage(tmp_path)

    assert {str(one.path) for one in manifest.files.values()} == {"train.jsonl", "test.jsonl"}
    assert manifest.resolved(tmp_path)["train.jsonl"].path == tmp_path / "train.jsonl"
    assert str(tmp_path) not in (tmp_path / MANIFEST).read_text(encoding="utf-8")


def test_the_same_work_gives_the_same_manifest(tmp_path):
    stage(tmp_path / "one")
    stage(tmp_path / "other")

    one, other = ((tmp_path / name / MANIFEST).read_bytes() for name in ("one", "other"))
    assert one == other


@pytest.mark.parametrize(
    "change",
    [
        {"version": "2"},
        {"inputs": {"rows": digest_of("other rows")}},
        {"inputs": {"rows": digest_of("rows"), "marks": digest_of("a mark")}},
        {"settings": changed(split={"salt": "other"})},
    ],
    ids=["code", "input", "further input", "setting"],
)
def test_a_stage_is_made_again_when_what_it_reads_changes(tmp_path, change):
    stage(tmp_path)

    assert stage(tmp_path, **change)[0] == "made"
    assert stage(tmp_path)[0] == "made"


def test_a_setting_that_a_stage_does_not_read_leaves_it_fresh(tmp_path):
    stage(tmp_path)

    assert stage(tmp_path, settings=changed(train={"learning_rate": 1e-6}))[0] == "reused"


def delete(path):
    path.unlink()


def garble(path):
    content = bytearray(path.read_bytes())
    content[0] ^= 1  # the size stays
    path.write_bytes(content)


def truncate(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [delete, garble, truncate])
@pytest.mark.parametrize("name", ["train.jsonl", MANIFEST])
def test_a_damaged_file_makes_its_stage_stale(tmp_path, damage, name):
    stage(tmp_path)
    whole = {one: (tmp_path / one).read_bytes() for one in names(tmp_path)}

    damage(tmp_path / name)

    assert stage(tmp_path)[0] == "made"
    assert {one: (tmp_path / one).read_bytes() for one in names(tmp_path)} == whole


def test_a_file_that_became_a_folder_makes_its_stage_stale(tmp_path):
    _, manifest = stage(tmp_path)

    replace_by_folder(tmp_path / "train.jsonl")

    assert fresh(tmp_path, manifest.recipe) is None


def test_a_stage_that_fails_between_two_files_is_stale(tmp_path):
    _, manifest = stage(tmp_path)

    def fail(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        publish(
            tmp_path,
            {"train.jsonl": lambda path: write_text(path, "new"), "test.jsonl": fail},
            manifest.recipe,
        )

    assert not (tmp_path / MANIFEST).exists()
    assert fresh(tmp_path, manifest.recipe) is None


def test_the_manifest_is_written_last(tmp_path):
    seen = []

    def look(path):
        seen.append((tmp_path / MANIFEST).exists())
        return write_text(path, "a")

    publish(tmp_path, {"a": look, "b": look}, recipe("split", "1"))
    publish(tmp_path, {"a": look, "b": look}, recipe("split", "2"))

    assert seen == [False] * 4
    assert (tmp_path / MANIFEST).exists()


def test_a_manifest_that_cannot_be_replaced_is_named(tmp_path):
    (tmp_path / MANIFEST).mkdir()

    with pytest.raises(WriteError, match=r"manifest\.json"):
        publish(tmp_path, {"a": lambda path: write_text(path, "a")}, recipe("split", "1"))

    assert names(tmp_path) == [MANIFEST]


def test_two_stages_share_a_folder_under_manifests_of_their_own(tmp_path):
    one, other = recipe("split", "1"), recipe("card", "1")
    publish(tmp_path, {"a": lambda path: write_text(path, "a")}, one)
    publish(tmp_path, {"b": lambda path: write_text(path, "b")}, other, name="card.json")

    garble(tmp_path / "a")

    assert fresh(tmp_path, one) is None
    assert fresh(tmp_path, other, name="card.json") is not None


# --- documents ------------------------------------------------------------------------


def document(made_by):
    question = Question(id="a:q01", video_id="a", question="Why?", generator="offline")
    return Document[Question](
        recipe=made_by, items=(question,), account=account("questions", "question", produced=1)
    )


def test_a_document_survives_the_disk(tmp_path):
    path = write_json(tmp_path / "a.json", document(recipe("questions", "1"))).path

    assert read_record(path, Document[Question]) == document(recipe("questions", "1"))


def test_a_document_is_fresh_for_the_recipe_that_made_it_only(tmp_path):
    made = recipe("questions", "1", settings={"questions": SETTINGS.questions})
    path = write_json(tmp_path / "a.json", document(made)).path

    other = recipe("questions", "2", settings={"questions": SETTINGS.questions})
    assert fresh_document(path, Document[Question], made) == document(made)
    assert fresh_document(path, Document[Question], other) is None


def test_an_imported_document_is_never_made_again(tmp_path):
    path = write_json(tmp_path / "a.json", document(None)).path

    assert fresh_document(path, Document[Question], recipe("questions", "9")) == document(None)


@pytest.mark.parametrize("content", ["", "{", "{}", '{"recipe": null, "items": [1]}'])
def test_a_document_that_is_none_is_stale(tmp_path, content):
    path = write_text(tmp_path / "a.json", content).path

    assert fresh_document(path, Document[Question], recipe("questions", "1")) is None
    assert (
        fresh_document(tmp_path / "none.json", Document[Question], recipe("questions", "1")) is None
    )
