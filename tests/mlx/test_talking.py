"""A run asked as a person does, in a pseudo-terminal, and as a client does, over HTTP."""

from __future__ import annotations

import os
import pty
import sys
import threading
import time

import pytest
from openai import OpenAI

from tests.mlx.test_chat import STYLES
from tests.support.adapters import make_adapter
from tests.support.terminal import read_until
from tests.support.tiny import make_tokenizer
from understudy.inference import LoadedModel
from understudy.talking import server as inference_server
from understudy.talking.serving import ServeSpec
from understudy.talking.terminal import TalkSpec
from understudy.training.chat import ChatFormat, with_system
from understudy.training.trained_template import trained_template

SYSTEM = 'Speak "plainly", {{ name }}.\n{% if x %}'


@pytest.fixture(scope="module")
def adapter(tiny_base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapter")
    make_adapter(tiny_base, folder, strength=2.0)
    return folder


# --- the template ----------------------------------------------------------------------


@pytest.mark.parametrize("system", [None, SYSTEM])
@pytest.mark.parametrize("style", STYLES)
def test_any_program_renders_the_trained_template_as_training_did(tmp_path, style, system):
    from mlx_lm.tokenizer_utils import load as load_tokenizer

    make_tokenizer(tmp_path, STYLES[style])
    tokenizer = load_tokenizer(tmp_path)
    chat = ChatFormat(tokenizer)
    messages = [{"role": "user", "content": "why?"}]
    template = trained_template(
        tokenizer.chat_template, system_prompt=system, folds_system=chat.folds_system
    )

    plain = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, chat_template=template, enable_thinking=True
    )

    assert list(plain) == chat.prompt(with_system(messages, system))


# --- chat --------------------------------------------------------------------------------


def test_a_person_in_a_terminal_gets_both_answers_and_leaves_by_ctrl_d(tiny_base, adapter):
    spec = TalkSpec(
        base=tiny_base, adapter=adapter, system_prompt=None, both=True, max_tokens=8
    ).model_dump_json()
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-m", "understudy.talking.terminal", spec])

    read_until(terminal, "Ctrl-D", "> ")
    os.write(terminal, b"hello?\n")
    shown = read_until(terminal, "base", "tuned", "> ")
    os.write(terminal, b"\x04")

    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert "hello?" in shown


# --- serve -------------------------------------------------------------------------------


@pytest.fixture
def served(tiny_base, adapter, monkeypatch):
    """The server in a thread of this process; gives a client."""
    from http.server import ThreadingHTTPServer

    started: list[ThreadingHTTPServer] = []

    class Known(ThreadingHTTPServer):
        def __init__(self, address, handler):
            super().__init__((address[0], 0), handler)
            started.append(self)

    spec = ServeSpec(base=tiny_base, adapter=adapter, system_prompt="Be.", port=0, max_tokens=6)
    run = inference_server.server._run_http_server

    def run_here(host, port, generator, handler_class):
        try:
            run(host, port, generator, Known, handler_class)
        finally:
            generator.stop_and_join()

    monkeypatch.setattr(inference_server.server, "_run_http_server", run_here)
    monkeypatch.setattr(sys, "argv", ["serve", spec.model_dump_json()])
    thread = threading.Thread(target=inference_server.main, daemon=True)
    thread.start()
    while not started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield OpenAI(
        base_url=f"http://127.0.0.1:{started[0].server_port}/v1", api_key="any", timeout=30
    )
    started[0].shutdown()
    thread.join()
    started[0].server_close()


def test_an_openai_client_gets_the_tuned_model_s_greedy_answer(served, tiny_base, adapter):
    tuned = LoadedModel.load(tiny_base, adapter)
    asked = [{"role": "user", "content": "hello?"}]
    (expected,) = tuned.generate([with_system(asked, "Be.")], max_tokens=6, batch_size=1)

    reply = served.chat.completions.create(model="somebody/else", messages=asked)
    stream = served.chat.completions.create(model="x", messages=asked, stream=True)

    assert [one.id for one in served.models.list()] == [adapter.name]
    assert reply.choices[0].message.content == expected.text
    assert "".join(one.choices[0].delta.content or "" for one in stream) == expected.text
