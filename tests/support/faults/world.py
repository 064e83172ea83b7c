"""A small project with a paid teacher, its undisturbed line, and commands that can be killed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flows.server import announced, start_server, stop
from tests.support.faults.mounts import in_own_namespace, small_disk
from tests.support.faults.planting import Plant
from tests.support.model_server import model_server
from tests.support.project import CHECKOUT, TestProject, make_project
from understudy.teacher.money.ledger import read_entries

CHANNEL, TALKS, LIMIT_S = "talks", 4, 240
KEY = "sk-planted-secret-0123456789abcdef"
SETTINGS = (
    "teacher.kind=openai",
    "teacher.model=gpt-5-mini",
    "teacher.retry_delay_s=0.05",
    "teacher.max_retries=6",
    "teacher.max_concurrent=4",
    "questions.minimum=4",
    "questions.maximum=4",
    "answers.group_size=2",
    "split.train=0.5",
    "split.valid=0.25",
    "split.test=0.25",
    "train.epochs=3",
    "train.batch_size=2",
    "train.eval_every=3",
    "train.save_every=2",
    "train.report_every=2",
    "evaluate.max_questions=4",
    "evaluate.max_tokens=12",
    "evaluate.batch_size=2",
    "evaluate.arms=[]",
    "evaluate.general_questions=4",
    "evaluate.general_answers=2",
    "evaluate.resamples=200",
)
"""Every stage has something to do, and hardly more than that."""

COMMANDS = ("collect", "build-dataset", "train", "evaluate")
_VOLATILE = {"teacher_bill.json", "ledger.lock", ".lock", "ledger.jsonl"}
"""Not a part of what a stage makes; the ledger's lines come in the order of the replies. Neither
are a killed run's temporary files."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, what it said and what it took."""

    status: int
    out: str
    err: str
    cpu_s: float
    hung: bool

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def traceback(self) -> bool:
        return self.status == 70 or "Traceback" in self.said


@dataclass
class World:
    """The project of a campaign."""

    project: TestProject
    scratch: Path
    log: Path
    """Completed calls, by the teacher's own count."""
    teacher: str
    """The address of its server."""
    url: str
    """Of the Prefect server."""
    _forge: subprocess.Popen[str]
    _teaching: ExitStack = field(default_factory=ExitStack)
    _serving: ExitStack = field(default_factory=ExitStack)
    server: subprocess.Popen[bytes] | None = None
    _number: int = 0
    _said: dict[int, Path] = field(default_factory=dict)

    # --- commands ------------------------------------------------------------

    def start(
        self,
        command: str,
        *,
        plant: Plant | None = None,
        whole: bool = False,
        settings: tuple[str, ...] = (),
    ) -> int:
        """Start a command and return its process id.

        Args:
            whole: Under a real Prefect server, which is started for the first that needs it.
        """
        if whole and self.server is None:
            self.server_up()
        self._number += 1
        said = self.scratch / f"said{self._number}"
        given = (f"channel.name={CHANNEL}", f"teacher.base_url={self.teacher}", *SETTINGS)
        changes = [part for one in (*given, *settings) for part in ("--set", one)]
        asked = {
            "arguments": [command, "--config", "config/demo.yaml", *changes],
            "env": plant.environment() if plant else {},
            "bare": not whole,
            "said": str(said),
        }
        pid = int(self._ask(asked))
        self._said[pid] = said
        return pid

    def wait(self, pid: int, limit_s: float = LIMIT_S) -> Ended:
        told = json.loads(self._ask({"wait": pid, "limit_s": limit_s}))
        said = self._said[pid]
        out, err = (Path(f"{said}.{name}").read_text("utf-8", "replace") for name in ("out", "err"))
        return Ended(out=out, err=err, **told)

    def run(self, command: str, **options: Any) -> Ended:
        return self.wait(self.start(command, **options))

    def _ask(self, asked: Mapping[str, Any]) -> str:
        assert self._forge.stdin is not None
        assert self._forge.stdout is not None
        self._forge.stdin.write(json.dumps(asked) + "\n")
        self._forge.stdin.flush()
        return self._forge.stdout.readline()

    def server_up(self) -> None:
        """Start Prefect's server on its port, as `understudy ui` does."""
        self.server, _ = start_server(self.project.root, port=_port(self.url))
        self._serving.enter_context(announced(self.project.root, self.url))

    def server_down(self, number: int = signal.SIGTERM) -> None:
        """End Prefect's server, by SIGKILL as if it had crashed."""
        if self.server is not None:
            if number == signal.SIGKILL:
                self.server.kill()
                self.server.wait()
            stop(self.server)
        self._serving.close()
        self.server = None

    def teacher_up(self) -> None:
        """Start the teacher's server, on the port that it had."""
        # A few milliseconds: kills are to fall into calls in flight, too.
        rules = ("--log", self.log, "--latency", 0.02, "--key", KEY, "--port", _port(self.teacher))
        self.teacher = self._teaching.enter_context(model_server(*rules))

    def teacher_down(self) -> None:
        """Kill the teacher's server, calls under way and all."""
        self._teaching.close()

    def note(self) -> str:
        """A path for a plant's word of itself."""
        return str(self.scratch / f"plant{self._number + 1}.json")

    # --- what lies on disk ---------------------------------------------------

    @property
    def data(self) -> Path:
        return self.project.root / "data"

    @property
    def channel(self) -> Path:
        return self.data / CHANNEL

    @property
    def models(self) -> Path:
        return self.project.root / "models" / CHANNEL

    def keep(self, name: str) -> None:
        """Remember the state of data and models under a name."""
        kept = self.scratch / "kept" / name
        shutil.copytree(self.channel, kept / "channel")
        if self.models.exists():
            shutil.copytree(self.models, kept / "models")
        if (ledger := self.data / "ledger.jsonl").exists():
            shutil.copy2(ledger, kept / "ledger.jsonl")

    def restore(self, name: str | None) -> None:
        """Go back to a state; None for that before the first command."""
        for folder in (self.channel, self.models):
            shutil.rmtree(folder, ignore_errors=True)
        (self.data / "ledger.jsonl").unlink(missing_ok=True)
        if name is None:
            return
        kept = self.scratch / "kept" / name
        shutil.copytree(kept / "channel", self.channel)
        if (kept / "models").exists():
            shutil.copytree(kept / "models", self.models)
        if (kept / "ledger.jsonl").exists():
            shutil.copy2(kept / "ledger.jsonl", self.data)

    def made(self) -> dict[str, str]:
        """Digest of every file of the channel that a stage makes."""
        files = [path for path in self.channel.rglob("*") if path.is_file()]
        return {
            str(path.relative_to(self.channel)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
            if path.name not in _VOLATILE and not path.name.endswith(".part")
        }

    def trained(self) -> list[Any]:
        """Adapters and losses of the newest whole run; nothing where there is none."""
        runs = sorted(path.parent for path in self.models.glob("*/manifest.json"))
        if not runs:
            return []
        run = runs[-1]
        metrics = json.loads((run / "training_metrics.json").read_text())
        weights = [
            hashlib.sha256((run / name).read_bytes()).hexdigest()
            for name in ("adapters.safetensors", "last/adapters.safetensors")
        ]
        return [weights, metrics["iterations"], metrics["train_loss"], metrics["val_loss"]]

    def judged(self) -> Any:
        """The results of the newest evaluation; nothing where there is none."""
        found = sorted(self.models.glob("*/evaluation_results.json"))
        return json.loads(found[-1].read_text()) if found else None

    # --- the teacher's own count ---------------------------------------------

    def completed(self, since: int = 0) -> list[dict[str, Any]]:
        """Calls that the teacher finished, from a place in its log on."""
        lines = self.log.read_text().split("\n")[:-1] if self.log.exists() else []
        return [json.loads(line) for line in lines[since:]]

    def stored(self) -> Counter[str]:
        """How often each prompt's reply is in the ledger."""
        prompts = {one["id"]: one["key"] for one in self.completed()}
        entries = read_entries(self.data / "ledger.jsonl")
        return Counter(prompts[json.loads(entry.body)["id"]] for entry in entries)

    @cached_property
    def whole_line(self) -> Reference:
        """Run the line undisturbed, once for all stages, and keep the state after each command."""
        known = self.scratch / "reference.json"
        if known.exists():
            return Reference(**json.loads(known.read_text()))
        shutil.rmtree(self.scratch / "kept", ignore_errors=True)
        self.restore(None)
        counts: Counter[str] = Counter()
        for command in COMMANDS:
            counts += self._counted(command)
            self.keep(command)
        reference = Reference(dict(counts), self.made(), self.trained(), self.judged())
        known.write_text(json.dumps(asdict(reference)))
        return reference

    def _counted(self, command: str) -> Counter[str]:
        """Run a command; how many operations its stages have, in it and beside the model."""
        stages = [stage for stage, one in STAGE_COMMANDS.items() if one == command]
        places = tuple(place for stage in stages for place in STAGES[stage])
        plant = Plant(places=places, note=self.note())
        ended = self.run(command, plant=plant)
        assert ended.status == 0, ended.said
        found: Counter[str] = Counter()
        for ending in ("", "/model"):
            note = Path(plant.note + ending.replace("/", "."))
            counts = json.loads(note.read_text())["counts"] if note.exists() else {}
            for stage in stages:
                found[stage + ending] = sum(counts.get(place, 0) for place in STAGES[stage])
        return found


@dataclass(frozen=True)
class Reference:
    """What the undisturbed line made."""

    counts: Mapping[str, int]
    """Operations of each stage; `train/model` are those of the process with the model."""
    made: Mapping[str, str]
    trained: list[Any]
    judged: Any


STAGES: Mapping[str, tuple[str, ...]] = {
    "collect": (f"/data/{CHANNEL}/",),
    "questions": (f"/{CHANNEL}/questions", "ledger:questions"),
    "answers": (f"/{CHANNEL}/answers", "ledger:answers"),
    "rows": (f"/{CHANNEL}/stages", f"/{CHANNEL}/splits", f"/{CHANNEL}/dataset"),
    "train": (f"/models/{CHANNEL}",),
    "evaluate": (f"/models/{CHANNEL}",),
}
"""Stage to the places it writes to."""

STAGE_COMMANDS: Mapping[str, str] = {
    "collect": "collect",
    "questions": "build-dataset",
    "answers": "build-dataset",
    "rows": "build-dataset",
    "train": "train",
    "evaluate": "evaluate",
}


@contextmanager
def open_world(folder: Path) -> Generator[World]:
    """Make the project, start teacher, server and forge, and end them.

    As root, data and models lie on a file system of their own, which can be full or read-only.
    """
    if in_own_namespace():
        for name in ("data", "models"):
            small_disk(folder / "project" / name)
    project = make_project(folder / "project", talks=TALKS)
    url, teacher = _addresses(folder / "ports.json")
    with ExitStack() as stack:
        forge = stack.enter_context(_open_forge(project, folder, url))
        world = World(project, folder, folder / "teacher.jsonl", teacher, url, forge)
        stack.callback(world.server_down)
        stack.callback(world.teacher_down)
        world.teacher_up()
        yield world


def _addresses(kept: Path) -> tuple[str, str]:
    """Of Prefect's server and the teacher's: the same for every piece of a campaign."""
    if not kept.exists():
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            kept.write_text(json.dumps([one.getsockname()[1], other.getsockname()[1]]))
    server, teacher = json.loads(kept.read_text())
    return f"http://127.0.0.1:{server}/api", f"http://127.0.0.1:{teacher}/v1"


def _port(address: str) -> int:
    return int(urlsplit(address).port or 0)


@contextmanager
def _open_forge(project: TestProject, folder: Path, url: str) -> Generator[subprocess.Popen[str]]:
    site = Path(__file__).parent / "site"
    paths = (site, CHECKOUT, CHECKOUT / "src")
    given = {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PREFECT_API_URL": url,
        "OPENAI_API_KEY": KEY,
        "HF_HUB_OFFLINE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **_clock(folder),
    }
    with (folder / "forge.log").open("w") as errors:
        forge = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.support.faults.forge", str(project.root)],
            cwd=folder,
            env=project.environment(given),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    with forge:
        assert forge.stdin is not None
        assert forge.stdout is not None
        ready = forge.stdout.readline()
        assert ready == "ready\n", (folder / "forge.log").read_text()
        yield forge
        forge.stdin.close()


def _clock(folder: Path) -> dict[str, str]:
    """Build the library by which a clock can jump, where there is a compiler."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        return {}
    library = folder / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


def until(condition: Any, limit_s: float = LIMIT_S) -> bool:
    """Wait for something, and say whether it came."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return False
