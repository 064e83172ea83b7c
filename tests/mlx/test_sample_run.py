"""A run of the sample's line, given to other programs and asked, by the commands a person types."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from urllib.request import urlopen

import pytest
from openai import OpenAI

from tests.support.project import QUICK, make_project
from tests.support.terminal import read_until
from understudy.errors import ExportError
from understudy.export import fusing
from understudy.export.job import open_job
from understudy.export.run import export
from understudy.inference import LoadedModel

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(600)]
QUESTION = "Why do bees swarm at all?"
MAX_TOKENS = 60
GENERATE = (sys.executable, "-m", "mlx_lm", "generate", "--verbose", "False", "--max-tokens", "60")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("sample"), talks=None)


@pytest.fixture(scope="module")
def run(project):
    """Trained with the demo's own settings, so that the adapter changes what is said."""
    settings = tuple(one for one in QUICK if not one.startswith("train."))
    ran = project.run("pipeline", "--config", "config/demo.yaml", settings=settings, limit_s=500)
    assert ran.status == 0, ran.said
    (folder,) = (project.root / "models" / "demo").glob("2*")
    return folder


@pytest.fixture(scope="module")
def said(project, run):
    """What base and tuned model answer, greedily."""
    model = LoadedModel.load(project.root / "models" / "sample-base", run)
    found = {}
    for arm in ("tuned", "base"):
        model.adapter(on=arm == "tuned")
        asked = [{"role": "user", "content": QUESTION}]
        (found[arm],) = model.generate([asked], max_tokens=MAX_TOKENS, batch_size=1)
    assert found["tuned"].text != found["base"].text
    return {arm: one.text.strip() for arm, one in found.items()}


@pytest.mark.parametrize("target", ["fused", "hf"])
def test_an_export_passes_its_gate_and_says_the_same_in_mlx_lm(project, run, said, target):
    ran = project.run("export", run.name, "--to", target)

    assert ran.status == 0, ran.said
    assert "parity       8 of 8 greedy answers are the same; 100.0% of their tokens" in ran.out
    assert "template     8 of 8 prompts become the same tokens; a turn ends with <|end|>" in ran.out
    told = subprocess.run(
        [*GENERATE, "--model", str(run / "exports" / target), "--prompt", QUESTION],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == said["tuned"]


@pytest.mark.parametrize("target", ["gguf", "ollama"])
def test_what_the_sample_s_base_cannot_become_is_refused_with_the_reason(project, run, target):
    ran = project.run("export", run.name, "--to", target)

    assert ran.status == 1
    assert f"error: the base models/sample-base cannot be exported to {target}: " in ran.said
    assert "Unigram over bytes" in ran.said
    assert not (run / "exports" / target).exists()


def test_four_bits_that_swallow_the_adapter_are_refused_by_the_command(project, run):
    ran = project.run("export", run.name, "--to", "fused", "--bits", "4")

    assert ran.status == 1
    assert "is not the model that was trained" in ran.said
    assert "Take more --bits, or none" in ran.said


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_sample_fused_at_a_wrong_scale_is_refused(project, run, tmp_path, factor):
    def scaled(model, *, bits):
        for module in model.modules():
            if "lora_a" in module:
                module.scale *= factor
        return fusing.fuse(model, bits=bits)

    job = open_job(project.root, run, "fused", None)

    with pytest.raises(ExportError, match="is not the model that was trained"):
        export(job.spec.model_copy(update={"draft": tmp_path}), lambda _: None, scaled)


def test_a_person_chats_with_both_in_a_terminal(project, run, said):
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(project.root)
        command = project.command("chat", run.name, "--both")
        os.execve(command[0], command, project.environment({"COLUMNS": "220"}))

    read_until(terminal, "Ctrl-D", "> ")
    os.write(terminal, f"{QUESTION}\n".encode())
    shown = read_until(terminal, said["base"][:30], said["tuned"][:30], "> ")
    os.write(terminal, b"\x04")

    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert "Traceback" not in shown


def test_an_openai_client_asks_the_served_run_until_ctrl_c(project, run, said):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serving = subprocess.Popen(
        project.command("serve", run.name, "--port", str(port)),
        cwd=project.root,
        env=project.environment({"HF_HOME": str(project.root / "no-cache")}),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    _wait_for(f"http://127.0.0.1:{port}/health", serving)
    with OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="any", timeout=60) as client:
        models = [one.id for one in client.models.list()]
        reply = client.chat.completions.create(
            model="any", messages=[{"role": "user", "content": QUESTION}], max_tokens=MAX_TOKENS
        )
    os.killpg(serving.pid, signal.SIGINT)  # as Ctrl-C does: to all that the terminal runs
    _, complaints = serving.communicate(timeout=60)

    assert models == [run.name]
    assert reply.choices[0].message.content == said["tuned"]
    assert reply.choices[0].finish_reason == "stop"
    assert serving.returncode == 0
    assert "Traceback" not in complaints


def _wait_for(address: str, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 90
    while True:
        with suppress(OSError), urlopen(address) as reply:
            if reply.status == 200:
                return
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.2)
