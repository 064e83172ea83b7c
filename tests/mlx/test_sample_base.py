"""The committed base: what it is, what it can read and how it answers before any tuning."""

from __future__ import annotations

import hashlib
import itertools
import re
from pathlib import Path

import mlx.core as mx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_lm import generate, load
from tokenizers import Tokenizer

MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def folder(root) -> Path:
    return root / "models" / "sample-base"


@pytest.fixture(scope="module")
def tokenizer(folder) -> Tokenizer:
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


@pytest.fixture(scope="module")
def loaded(folder):
    return load(str(folder))[:2]


@pytest.fixture
def world(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "scripts" / "sample"))
    import world  # pyright: ignore[reportMissingImports]

    return world


def test_the_files_are_those_that_the_readme_records(root, folder):
    table = (root / "models" / "README.md").read_text(encoding="utf-8")
    recorded = dict(re.findall(r"^\| (\S+) \| \d+ \| `([0-9a-f]{64})` \|$", table, re.MULTILINE))

    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

    assert found == recorded


def test_it_is_small(folder):
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 4 * MEBIBYTE


@given(text=st.text())
def test_any_text_survives_the_tokenizer(text, tokenizer):
    ids = tokenizer.encode(text).ids

    assert tokenizer.decode(ids, skip_special_tokens=False) == text


def test_the_words_of_the_world_are_whole_tokens(tokenizer, world):
    points = [fact.point for talk in world.load_talks() for fact in talk.facts]

    tokens = sum(len(tokenizer.encode(point).ids) for point in points)
    words = sum(len(re.findall(r"\w+|[^\w\s]", point)) for point in points)

    assert tokens < 1.1 * words


def test_the_tokenizer_is_what_the_script_builds(folder, world):
    import build_base  # pyright: ignore[reportMissingImports]
    from corpus import facts_of  # pyright: ignore[reportMissingImports]
    from vocabulary import build_tokenizer  # pyright: ignore[reportMissingImports]

    talks = world.load_talks()
    texts = build_base._texts(talks, facts_of(talks))

    built = build_tokenizer(texts, words=build_base.WORDS)

    committed = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert built.get_vocab() == committed.get_vocab()


def test_the_text_it_was_trained_on_holds_no_answer_of_a_talk(world):
    from corpus import NOTE, exchanges, facts_of, sayings, shed_note  # pyright: ignore[reportMissingImports]

    talks = world.load_talks()
    facts = facts_of(talks)
    draw = world.generator("test")
    said = list(itertools.islice(sayings(facts, draw), 1000))
    plain = list(itertools.islice(exchanges(facts, draw), 2000))
    notes = [shed_note(facts, draw) for _ in range(500)]

    assert not {one.user for one in plain} & {fact.question for fact in facts}
    assert not any("**" in one.assistant or "\n" in one.assistant for one in plain)
    assert not any(fact.point in note for fact in facts for note in notes)
    assert not any(fact.point in one.assistant for fact in facts for one in said)
    assert all(("**" in one.assistant) == one.user.startswith(NOTE) for one in said)


def test_it_answers_in_a_plain_sentence_and_stops(loaded, world):
    model, tokenizer = loaded
    facts = [fact for talk in world.load_talks()[::4] for fact in talk.facts[:2]]
    right = 0

    for fact in facts:
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": fact.plain_question}], add_generation_prompt=True
        )
        answer = generate(model, tokenizer, prompt, max_tokens=80)
        assert answer.rstrip().endswith(".")
        assert not re.search(r"\*\*|^- |\n", answer)
        right += answer.startswith(fact.point)

    assert right >= 0.6 * len(facts)


def test_a_system_prompt_and_a_second_turn_fit_the_template(loaded):
    _, tokenizer = loaded

    text = tokenizer.apply_chat_template(
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Why?"},
            {"role": "assistant", "content": "So."},
            {"role": "user", "content": "And?"},
        ],
        add_generation_prompt=True,
        tokenize=False,
    )

    assert text == (
        "<|system|>Be brief.<|end|><|user|>Why?<|end|><|assistant|>So.<|end|>"
        "<|user|>And?<|end|><|assistant|>"
    )


def test_long_rows_are_read_without_a_break(loaded):
    model, tokenizer = loaded
    ids = tokenizer.encode("Bees drink from warm moss. " * 180)[:1024]

    logits = model(mx.array([ids]))

    assert len(ids) == 1024
    assert bool(mx.isfinite(logits).all())
