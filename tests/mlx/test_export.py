"""Exports of a tiny model beside its adapter; the planted bad ones are refused."""

from __future__ import annotations

import json
from pathlib import Path

import mlx.core as mx
import pytest
from mlx_lm.tokenizer_utils import TokenizerWrapper

from tests.support.adapters import make_adapter
from tests.support.tiny import LLAMA, make_base
from understudy.errors import ExportError
from understudy.export import fusing
from understudy.export.run import MODELFILE, export
from understudy.export.spec import ExportSpec
from understudy.inference import LoadedModel
from understudy.models import base_digests


@pytest.fixture(scope="module")
def quantised(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("base") / "quantised", bits=4)


@pytest.fixture
def start(tmp_path):
    """Export an adapter of some strength from a base."""

    def run(base, *, strength=0.5, fuse=fusing.fuse, **changes):
        adapter, draft = tmp_path / "run", tmp_path / "draft"
        make_adapter(base, adapter, strength=strength)
        draft.mkdir()
        spec = ExportSpec(
            run=adapter,
            base=base,
            base_name="models/tiny",
            base_digests=base_digests(base),
            adapter_sha256="a" * 64,
            system_prompt=changes.pop("system_prompt", None),
            target=changes.pop("target", "fused"),
            bits=changes.pop("bits", None),
            draft=draft,
        )
        return draft, export(spec, lambda event: None, fuse)

    return run


def test_a_fused_quantised_base_is_the_adapter_s_model_without_an_adapter(start, quantised):
    draft, report = start(quantised)

    assert report.parity.same_text == report.parity.prompts
    assert report.parity.loss_export == pytest.approx(report.parity.loss_adapter, abs=1e-3)
    assert report.survival.correlation > 0.999
    assert report.survival.modules == 2
    config = json.loads((draft / "config.json").read_text())
    assert "quantization" not in config
    assert json.loads((draft / "generation_config.json").read_text())["eos_token_id"] == 1
    LoadedModel.load(draft)  # as any other program: without the adapter


def test_an_export_at_the_wrong_scale_is_refused(start, tiny_base):
    def doubled(model, *, bits):
        for module in model.modules():
            if "lora_a" in module:
                module.scale *= 2
        return fusing.fuse(model, bits=bits)

    with pytest.raises(ExportError, match="its loss on the adapter's answers"):
        start(tiny_base, strength=2.0, fuse=doubled)


def test_an_export_with_another_chat_template_is_refused(start, tiny_base, monkeypatch):
    def drifted(self, folder):
        self._tokenizer.save_pretrained(folder)
        path = Path(folder, "chat_template.jinja")
        path.write_text("Hello. " + path.read_text())

    monkeypatch.setattr(TokenizerWrapper, "save_pretrained", drifted, raising=False)

    with pytest.raises(ExportError, match="its chat template or tokenizer is another"):
        start(tiny_base)


def test_a_small_change_that_four_bits_swallow_is_refused_and_how_much_is_said(start, tiny_base):
    with pytest.raises(ExportError, match=r"correlates 0\.\d\d with what was learnt"):
        start(tiny_base, strength=0.01, bits=4)


def test_eight_bits_keep_a_large_change(start, tiny_base):
    draft, report = start(tiny_base, strength=0.5, bits=8)

    assert report.survival.correlation > 0.99
    assert json.loads((draft / "config.json").read_text())["quantization"]["bits"] == 8


def make_pieces(folder):
    """Give a base a SentencePiece-like vocabulary, as Llama 2 has it."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

    special = ["<unk>", "<s>", "</s>"]
    pieces = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"abcdehortwy?.!"]
    merges = [("t", "h"), ("th", "e"), ("▁", "the")]
    pieces += ["th", "the", "▁the"]
    model = models.BPE(
        vocab={piece: index for index, piece in enumerate(pieces)},
        merges=merges,
        byte_fallback=True,
        unk_token="<unk>",
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens([AddedToken(one, special=True) for one in special])
    tokenizer.save(str(folder / "tokenizer.json"))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    template = (
        "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] }} "
        "[/INST]{% else %}{{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
    )
    config |= {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps({**config, "chat_template": template}))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "eos_token_id": 2}))


def test_a_gguf_file_holds_the_fused_model_and_its_vocabulary(start, tmp_path):
    base = make_base(tmp_path / "pieces", {**LLAMA, "vocab_size": 288})
    make_pieces(base)

    draft, report = start(base, target="gguf", strength=0.2, system_prompt="be the bee")

    assert report.parity.same_next == 1.0
    assert report.parity.loss_export == pytest.approx(report.parity.loss_adapter, abs=2e-3)
    assert not list(draft.glob("*.safetensors"))
    _, metadata = mx.load(str(draft / "model-f16.gguf"), return_metadata=True)
    tokens, scores = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.scores"].tolist()
    ranked = [scores[tokens.index(piece)] for piece in ("th", "the", "▁the", "a")]
    assert ranked == sorted(ranked, reverse=True)
    assert "[INST]" in metadata["tokenizer.chat_template"]
    text = (draft / MODELFILE).read_text()
    assert text.startswith("FROM ./model-f16.gguf")
    assert "<s>" not in text
    assert 'PARAMETER stop "</s>"' in text
    assert "be the bee" in text
