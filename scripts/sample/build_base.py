"""Write models/sample-base: a Llama of half a million parameters that knows one small world.

Run from the project's root: `python scripts/sample/build_base.py`. Seeded; another BLAS may
differ in the last digits of the weights. README.md beside the folder says what is committed.

"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import random
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.optimizers as optim
import numpy as np
from corpus import Exchange, exchanges, facts_of, sayings, shed_note, talk_text
from mlx import nn
from mlx.utils import tree_flatten
from mlx_lm.models.llama import Model, ModelArgs
from tokenizers import Tokenizer
from vocabulary import CHAT_TEMPLATE, SPECIAL, build_tokenizer
from world import SEED, Fact, Talk, generator, load_talks

FOLDER = Path(__file__).resolve().parents[2] / "models" / "sample-base"
WORDS = 1600
STEPS = 1000
BATCH = 24
TALK_BATCH = 4
NOTES = 4
FACTS, SAYINGS = 72, 24
"""Exchanges in batches of rows of about one length, for one batch of speech and notes."""

LEARNING_RATE = 4e-3
WARMUP = 50
CONTEXT = 1024
SHAPE: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 96,
    "num_hidden_layers": 3,
    "intermediate_size": 256,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "max_position_embeddings": CONTEXT,
    "tie_word_embeddings": True,
}


def main() -> None:
    talks = load_talks()
    facts = facts_of(talks)
    tokenizer = build_tokenizer(_texts(talks, facts), words=WORDS)
    mx.random.seed(SEED)
    model = Model(ModelArgs(**SHAPE, vocab_size=tokenizer.get_vocab_size()))
    losses = train(model, batches(tokenizer, talks, facts, generator("base rows")))
    write(model, tokenizer)
    report(model, losses)


def batches(
    tokenizer: Tokenizer, talks: tuple[Talk, ...], facts: tuple[Fact, ...], draw: random.Random
) -> Iterator[list[list[int]]]:
    """Token ids of the rows of one batch after the other, without end."""
    asked, said = exchanges(facts, draw), sayings(facts, draw)
    while True:
        taken = [*itertools.islice(asked, FACTS), *itertools.islice(said, SAYINGS)]
        chats = [_chat(exchange) for exchange in taken]
        rows = sorted((one.ids for one in tokenizer.encode_batch(chats)), key=len)
        alike = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
        draw.shuffle(alike)
        texts = [talk_text(talks, facts, draw) + "<|end|>" for _ in range(TALK_BATCH)]
        texts += [shed_note(facts, draw) + "<|end|>" for _ in range(NOTES)]
        yield from alike
        yield [one.ids for one in tokenizer.encode_batch(texts)]


def train(model: Model, source: Iterator[list[list[int]]]) -> list[float]:
    """Train in place on `STEPS` batches; the loss of each, in nats per token."""
    schedule = optim.join_schedules(
        [
            optim.linear_schedule(0.0, LEARNING_RATE, WARMUP),
            optim.cosine_decay(LEARNING_RATE, STEPS - WARMUP, LEARNING_RATE / 50),
        ],
        [WARMUP],
    )
    optimizer = optim.AdamW(learning_rate=schedule, weight_decay=0.01, betas=[0.9, 0.98])
    step = nn.value_and_grad(model, _loss)
    state = [model.state, optimizer.state]

    @partial(mx.compile, inputs=state, outputs=state)
    def update(tokens: mx.array, mask: mx.array) -> mx.array:
        loss, gradients = step(model, tokens, mask)
        gradients, _ = optim.clip_grad_norm(gradients, 1.0)
        optimizer.update(model, gradients)
        return loss

    losses: list[float] = []
    for number in range(STEPS):
        loss = update(*_batch(next(source)))
        mx.eval(state, loss)
        losses.append(loss.item())
        if number % 100 == 99:
            sys.stdout.write(
                f"step {number + 1}: loss {sum(losses[-100:]) / 100:.3f}, "
                f"{time.process_time():.0f} CPU s\n"
            )
            sys.stdout.flush()
    return losses


def write(model: Model, tokenizer: Tokenizer) -> None:
    """The files that `mlx_lm.load` reads."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    pad, end = SPECIAL[:2]
    ids = {"eos_token_id": tokenizer.token_to_id(end), "pad_token_id": tokenizer.token_to_id(pad)}
    weights = dict(tree_flatten(model.parameters()))
    mx.save_safetensors(str(FOLDER / "model.safetensors"), weights, metadata={"format": "mlx"})
    tokenizer.save(str(FOLDER / "tokenizer.json"))
    shape = {"architectures": ["LlamaForCausalLM"], **SHAPE, **ids, "torch_dtype": "float32"}
    _write_json("config.json", {**shape, "vocab_size": tokenizer.get_vocab_size()})
    _write_json("generation_config.json", {**ids, "do_sample": False})
    _write_json(
        "special_tokens_map.json",
        {"eos_token": end, "pad_token": pad, "additional_special_tokens": list(SPECIAL[2:])},
    )
    _write_json(
        "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": end,
            "pad_token": pad,
            "additional_special_tokens": list(SPECIAL[2:]),
            "model_max_length": CONTEXT,
            "clean_up_tokenization_spaces": False,
            "chat_template": CHAT_TEMPLATE,
        },
    )


def report(model: Model, losses: list[float]) -> None:
    """Print what models/README.md has to say."""
    parameters = sum(value.size for _, value in tree_flatten(model.parameters()))
    final = sum(losses[-100:]) / 100
    sys.stdout.write(f"{parameters} parameters, last 100 steps {final:.3f} nats per token\n")
    for path in sorted(FOLDER.iterdir()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sys.stdout.write(f"| {path.name} | {path.stat().st_size} | `{digest}` |\n")


def _texts(talks: tuple[Talk, ...], facts: tuple[Fact, ...]) -> list[str]:
    """What the vocabulary is taken from: everything she may say, often said first."""
    draw = generator("vocabulary")
    said = [talk_text(talks, facts, draw) for _ in range(300)]
    for talk in talks:
        said += [talk.opening, talk.closing]
    said += [shed_note(facts, draw) for _ in range(50)]
    plain = itertools.islice(exchanges(facts, draw), 200)
    said += [f"{one.user} {one.assistant}" for one in plain]
    for fact in facts:
        said += [fact.question, fact.plain_question, fact.point, fact.reason, *fact.images]
        said += [f"- {item}" for item in fact.steps.items]
    return said


def _chat(exchange: Exchange) -> str:
    return f"<|user|>{exchange.user}<|end|><|assistant|>{exchange.assistant}<|end|>"


def _batch(found: list[list[int]]) -> tuple[mx.array, mx.array]:
    """Ids and mask, both `(batch, time)`, padded on the right to a multiple of 16."""
    width = math.ceil(max(map(len, found)) / 16) * 16
    tokens = np.zeros((len(found), width), np.int32)
    mask = np.zeros((len(found), width), np.float32)
    for at, ids in enumerate(found):
        tokens[at, : len(ids)] = ids
        mask[at, : len(ids)] = 1
    return mx.array(tokens), mx.array(mask)


def _loss(model: Model, tokens: mx.array, mask: mx.array) -> mx.array:
    losses = nn.losses.cross_entropy(model(tokens[:, :-1]), tokens[:, 1:])
    return (losses * mask[:, 1:]).sum() / mask[:, 1:].sum()


def _write_json(name: str, content: dict[str, Any]) -> None:
    (FOLDER / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
