"""What can be exported is known before a model is loaded, and a bad export is never published."""

from __future__ import annotations

import json

import pytest

from tests.support.commands import make_root
from understudy.errors import ExportError, TrainingError
from understudy.export import job as jobs
from understudy.export.formats import gguf_problem, problem_with
from understudy.export.gate import CORRELATION, LOSS, NEXT, refused
from understudy.export.job import make, open_job, ready
from understudy.export.modelfile import check_turn, cut, filled, modelfile
from understudy.export.records import ExportReport, Parity, Survival
from understudy.manifests import read_manifest
from understudy.models import base_digests

CONFIG = {"model_type": "llama", "hidden_size": 64, "num_attention_heads": 4}
PIECES = {"model": {"type": "BPE", "byte_fallback": True, "vocab": {}, "merges": []}}
BYTES = {"model": {"type": "BPE", "byte_fallback": False, "vocab": {}, "merges": []}}
GOOD = Parity(
    prompts=8,
    same_tokens=8,
    same_text=8,
    same_next=1.0,
    loss_adapter=0.5,
    loss_export=0.5,
    same_stops=True,
)


# --- before any training -------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "tokenizer", "says"),
    [
        ({"model_type": "qwen3"}, PIECES, "this is qwen3"),
        ({}, BYTES, "BPE over bytes"),
        ({}, {"model": {"type": "Unigram"}}, "Unigram"),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 8}}, PIECES, "llama3"),
        ({"head_dim": 32}, PIECES, "width"),
        ({"attention_bias": True}, PIECES, "biases"),
    ],
)
def test_what_the_gguf_writer_would_get_wrong_is_said(config, tokenizer, says):
    assert says in gguf_problem({**CONFIG, **config}, tokenizer)


@pytest.mark.parametrize("more", [{}, {"rope_scaling": {"type": "linear", "factor": 2}}])
def test_what_it_gets_right_is_no_problem(more):
    assert gguf_problem({**CONFIG, **more}, PIECES) is None


@pytest.mark.parametrize(
    ("kind", "tokenizer", "gguf", "ollama"),
    [
        ("llama", PIECES, True, True),
        ("llama", BYTES, False, True),  # Llama 3: Ollama reads its safetensors
        ("granite", BYTES, False, False),
        ("llama", {"model": {"type": "Unigram"}}, False, False),
    ],
)
def test_each_target_has_its_own_limits(tmp_path, kind, tokenizer, gguf, ollama):
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, "model_type": kind}))
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))

    possible = [problem_with(one, tmp_path) is None for one in ("fused", "hf", "gguf", "ollama")]

    assert possible == [True, True, gguf, ollama]


# --- the gate -------------------------------------------------------------------------


def survival(correlation):
    return Survival(correlation=correlation, worst=0.1, worst_module="m", modules=2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"loss_export": 0.5 + 1.01 * LOSS}, "loss"),
        ({"loss_export": 0.5 - 1.01 * LOSS}, "loss"),
        ({"loss_export": float("nan")}, "loss"),
        ({"same_next": NEXT - 0.001}, "next token"),
        ({"same_tokens": 7}, "1 of 8 prompts"),
        ({"same_stops": False}, "ends a turn"),
    ],
)
def test_each_difference_alone_refuses_an_export(change, says):
    (problem,) = refused(survival(1.0), GOOD.model_copy(update=change))

    assert says in problem


def test_what_is_lost_of_the_adapter_refuses_it_too():
    assert refused(survival(CORRELATION - 0.01), GOOD)
    assert refused(survival(CORRELATION), GOOD) == []
    assert refused(None, GOOD.model_copy(update={"loss_export": 0.5 + 0.99 * LOSS})) == []


# --- the Modelfile -----------------------------------------------------------------------


def chatml(messages):
    body = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)
    return f"<s>{body}" + ("<|im_start|>assistant\n" if messages[-1]["role"] == "user" else "")


def folding(messages):
    """As for Gemma: the system prompt stands in the user's turn."""
    system = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
    text = "<s>"
    for m in messages:
        if m["role"] == "user":
            head = f"{system}\n\n" if system else ""
            text += f"<start>user\n{head}{m['content']}<end>\n"
        elif m["role"] == "assistant":
            text += f"<start>model\n{m['content']}<end>\n"
    return text + ("<start>model\n" if messages[-1]["role"] == "user" else "")


@pytest.mark.parametrize("render", [chatml, folding])
@pytest.mark.parametrize("system", [None, "Speak plainly."])
def test_the_cut_template_makes_the_very_prompt_of_the_base_s_own(render, system):
    messages = [{"role": "user", "content": "Why {{ .Prompt }} bees?"}]
    if system:
        messages.insert(0, {"role": "system", "content": system})

    turn = cut(render, begin="<s>")

    assert f"<s>{filled(turn, messages[-1]['content'], system)}" == render(messages)


def shouting(messages):
    """A template that does something with what it is given."""
    loud = [{**one, "content": one["content"].replace("please", "PLEASE")} for one in messages]
    return chatml(loud)


@pytest.mark.parametrize("system", [None, "Be brief, please."])
def test_a_template_that_a_modelfile_cannot_hold_is_refused(system):
    asked = [{"role": "user", "content": "Why, please?"}]
    if system:
        asked.insert(0, {"role": "system", "content": system})

    check_turn(cut(chatml, begin="<s>"), chatml, [asked], begin="<s>")
    with pytest.raises(ExportError, match=r"another prompt of 'Why, please\?' than the training"):
        check_turn(cut(shouting, begin="<s>"), shouting, [asked], begin="<s>")


def test_the_modelfile_names_source_template_stops_and_system():
    text = modelfile(
        cut(chatml, begin="<s>"), source="./m.gguf", stop=["<|im_end|>", 'a"b'], system="Plain."
    )

    assert text.startswith('FROM ./m.gguf\nTEMPLATE """{{ if .System }}<|im_start|>system\n')
    assert '{{ .Response }}<|im_end|>\n"""' in text
    assert 'PARAMETER stop "<|im_end|>"' in text
    assert 'PARAMETER stop "a\\"b"' in text
    assert 'SYSTEM """Plain."""' in text
    assert "<s>" not in text


def test_braces_of_a_template_stay_text():
    def braces(messages):
        return chatml(messages).replace("<s>", "{{x}}")

    text = modelfile(cut(braces, begin=None), source=".", stop=[], system=None)

    assert '{{ "{{" }}x}}' in text


@pytest.mark.parametrize(
    "render", [lambda messages: "nothing", lambda messages: messages[-1]["content"].lower()]
)
def test_a_template_that_changes_what_it_is_given_is_refused(render):
    with pytest.raises(ExportError, match="as it is"):
        cut(render, begin=None)


def test_quotes_that_would_end_the_block_are_refused():
    with pytest.raises(ExportError, match="three double quotes"):
        modelfile(cut(chatml, begin=None), source=".", stop=[], system='a """ b')


# --- the folder ----------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path):
    root = make_root(tmp_path)
    base = root / "models" / "tiny"
    base.mkdir(parents=True)
    (base / "config.json").write_text(json.dumps(CONFIG))
    (base / "model.safetensors").write_text("weights")
    (base / "tokenizer.json").write_text(json.dumps(PIECES))
    (base / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ x }}"}))
    return root


@pytest.fixture
def run(root):
    folder = root / "models" / "demo" / "20260101T000000Z-aaaaaaaaaaaa"
    folder.mkdir(parents=True)
    digests = base_digests(root / "models" / "tiny").model_dump()
    metadata = {
        "base": {"name": "models/tiny", "sha256": digests},
        "hyperparameters": {"system_prompt": None},
    }
    for name in ("manifest.json", "adapters.safetensors", "adapter_config.json"):
        (folder / name).write_text("{}")
    (folder / "run_metadata.json").write_text(json.dumps(metadata))
    return folder


@pytest.fixture
def child(monkeypatch):
    """A child that writes a file, and reports or fails."""

    def plant(failure=None):
        async def run_child(module, spec, *, folder, on_event):
            draft = folder / "draft"
            (draft / "model.safetensors").write_text("fused")
            if failure:
                raise TrainingError(failure)
            report = ExportReport(
                **{key: spec[key] for key in ("target", "bits", "adapter_sha256", "system_prompt")},
                run="r",
                base=spec["base_name"],
                base_sha256=spec["base_digests"],
                stop=("<end>",),
                survival=survival(1.0),
                parity=GOOD,
            )
            (draft / "export.json").write_text(report.model_dump_json())
            on_event({"event": "done", "report": report.model_dump(mode="json")})

        monkeypatch.setattr(jobs, "run_child", run_child)

    return plant


def test_an_export_appears_whole_with_its_manifest_and_is_then_reused(root, run, child):
    child()
    job = open_job(root, run, "fused", None)

    make(job, lambda event: None)

    listed = read_manifest(job.folder).files
    assert {"model.safetensors", "export.json"} == set(listed)
    assert [one.name for one in job.folder.parent.iterdir()] == ["fused"]
    assert ready(open_job(root, run, "fused", None)) is not None
    assert ready(open_job(root, run, "fused", 8)) is None
    (run / "adapters.safetensors").write_text("other")
    assert ready(open_job(root, run, "fused", None)) is None


def test_a_refused_export_leaves_the_one_before_it_and_nothing_else(root, run, child):
    child()
    make(open_job(root, run, "fused", None), lambda event: None)
    before = (run / "exports" / "fused" / "manifest.json").read_bytes()
    child(failure="the export is not the model")

    with pytest.raises(ExportError, match="not the model"):
        make(open_job(root, run, "fused", None), lambda event: None)

    assert [one.name for one in (run / "exports").iterdir()] == ["fused"]
    assert (run / "exports" / "fused" / "manifest.json").read_bytes() == before


def test_a_base_that_changed_since_is_refused(root, run):
    (root / "models" / "tiny" / "model.safetensors").write_text("others")

    with pytest.raises(ExportError, match="not the one"):
        open_job(root, run, "hf", None)


@pytest.mark.parametrize(("target", "bits", "says"), [("hf", 4, "fused only")])
def test_bits_for_a_target_of_full_precision_are_refused(root, run, target, bits, says):
    with pytest.raises(ExportError, match=says):
        open_job(root, run, target, bits)


def test_an_unfinished_run_is_not_exported(root, run):
    (run / "manifest.json").unlink()

    with pytest.raises(ExportError, match="not trained to its end"):
        open_job(root, run, "fused", None)
