"""Bad input is refused at the door: one message, a non-zero status, no traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.project import CHECKOUT, Ran, TestProject

DEMO = ("--config", "config/demo.yaml")


def refused(ran: Ran, *words: str) -> None:
    assert ran.status not in (0, 70), ran.said
    assert "Traceback" not in ran.said
    missing = [word for word in words if word not in ran.err]
    assert missing == [], ran.err


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("train.learning_rat=1e-4", ("train.learning_rat", "did you mean train.learning_rate?")),
        ("train.epochs=many", ("train.epochs", "many")),
        ("split.train=0.9", ("split", "must be 1")),
        ("train.lora.alpha=16", ("train.lora", "alpha")),
    ],
)
def test_settings_that_do_not_fit(
    project: TestProject, assignment: str, words: tuple[str, ...]
) -> None:
    refused(project.run("pipeline", *DEMO, settings=(assignment,)), "config/demo.yaml", *words)


def test_a_config_that_is_not_there(project: TestProject) -> None:
    refused(project.run("pipeline", "--config", "config/dem.yaml"), "config/dem.yaml", "demo.yaml")


def test_an_empty_transcript_folder(project: TestProject) -> None:
    (project.root / "data" / "nothing").mkdir(parents=True, exist_ok=True)

    ran = project.run("collect", *DEMO, settings=("channel.name=e1", "source.folder=data/nothing"))

    refused(ran, "data/nothing")


def test_a_source_folder_that_is_not_there(project: TestProject) -> None:
    ran = project.run("collect", *DEMO, settings=("channel.name=e2", "source.folder=data/gone"))

    refused(ran, "data/gone")


def test_a_video_id_that_is_no_id(project: TestProject) -> None:
    ran = project.run(
        "collect",
        *DEMO,
        settings=(
            "channel.name=e3",
            "source.kind=youtube",
            "source.video_ids=['../../etc/passwd']",
        ),
    )

    refused(ran, "../../etc/passwd", "video id")


def test_a_channel_with_no_videos(project: TestProject) -> None:
    stand_in = os.pathsep.join(
        map(str, (CHECKOUT / "tests" / "support" / "empty_youtube", CHECKOUT))
    )

    ran = project.run(
        "collect",
        *DEMO,
        settings=("channel.name=e11", "source.kind=youtube", "source.channel='@talks'"),
        env={"PYTHONPATH": stand_in},
    )

    refused(ran, "@talks", "no video")


def test_an_unreadable_line_of_an_import_is_named(project: TestProject) -> None:
    path = project.root / "pairs.jsonl"
    good = json.dumps({"question": "Why is honey sweet?", "answer": "Because of its sugars."})
    path.write_text(f"{good}\n{good[:20]}\n{good}\n")

    ran = project.run("import", str(path), *DEMO, settings=("channel.name=e4",))

    refused(ran, "line 2")
    assert not (project.data("e4") / "imports").exists()


def test_a_file_of_no_known_shape(project: TestProject) -> None:
    path = project.root / "strange.jsonl"
    path.write_text('{"colour": "red"}\n')

    ran = project.run("import", str(path), *DEMO, settings=("channel.name=e5",))

    refused(ran, "colour")


def test_a_base_without_a_tokenizer_is_refused_before_any_stage(project: TestProject) -> None:
    base = project.root / "models" / "broken"
    shutil.copytree(project.root / "models" / "sample-base", base)
    for path in base.glob("tokenizer*"):
        path.unlink()

    ran = project.run("pipeline", *DEMO, settings=("channel.name=e6", "train.base=models/broken"))

    shutil.rmtree(base)
    refused(ran, "broken", "tokenizer")
    assert not project.data("e6").exists()


def test_training_without_a_dataset(project: TestProject) -> None:
    refused(project.run("train", *DEMO, settings=("channel.name=e7",)), "e7", "build-dataset")


def test_evaluating_without_a_run(project: TestProject) -> None:
    refused(project.run("evaluate", *DEMO, settings=("channel.name=e8",)), "e8", "train")


def test_a_channel_that_is_in_use_names_its_holder(project: TestProject) -> None:
    from understudy.locking import exclusive

    with exclusive(project.data("e9") / ".lock", what="the test"):
        ran = project.run("collect", *DEMO, settings=("channel.name=e9",))

    refused(ran, "e9", str(os.getpid()))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system takes root")
def test_a_full_disk_leaves_the_old_file_whole(project: TestProject) -> None:
    small = project.data("e10")
    small.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        first = project.run("collect", *DEMO, settings=("channel.name=e10",))
        whole = [path for path in small.rglob("*.json") if _parses(path)]
        parts = list(small.rglob("*.part"))
    finally:
        subprocess.run(["umount", str(small)], check=True)

    refused(first, "No space left")
    assert whole
    assert parts == []


def _parses(path: Path) -> bool:
    json.loads(path.read_text())
    return True
