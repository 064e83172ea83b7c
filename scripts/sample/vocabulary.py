"""The sample base's tokenizer: the words of the world, and bytes for everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
MARKDOWN = ("**", ".**", ":**", "- ", "\n", "#", "`", "1", "2", "3")
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
PIECES = 256
"""Learnt fragments for text from outside the world, beside the 256 bytes."""


def build_tokenizer(texts: Iterable[str], *, words: int) -> Tokenizer:
    """A unigram tokenizer over bytes that encodes any text and decodes it back exactly.

    Args:
        texts: What the vocabulary is taken from.
        words: How many whole words it holds at the most, the most frequent first.
    """
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    corpus = list(texts)
    counts = Counter(word for text in corpus for word, _ in splitter.pre_tokenize_str(text))
    markdown = [word for text in MARKDOWN for word, _ in splitter.pre_tokenize_str(text)]
    ranked = sorted(counts, key=lambda word: (-counts[word], word))[:words]

    scores: dict[str, float] = dict.fromkeys(SPECIAL, 0.0)
    for word in (*markdown, *ranked):
        scores.setdefault(word, -8.0)
    for piece in _pieces(counts):
        scores.setdefault(piece, -12.0 - len(piece) * 0.01)
    for byte in sorted(pre_tokenizers.ByteLevel.alphabet()):
        scores.setdefault(byte, -16.0)

    tokenizer = Tokenizer(models.Unigram(list(scores.items())))
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in SPECIAL])
    return tokenizer


def _pieces(counts: Counter[str]) -> list[str]:
    """Frequent fragments of words, found by byte pair merges."""
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    learner = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=len(alphabet) + PIECES, initial_alphabet=alphabet, show_progress=False
    )
    learner.train_from_iterator(sorted(counts), trainer)
    return [piece for piece in sorted(learner.get_vocab()) if len(piece) > 1]
