"""The export beside the adapter: the same tokens, the same losses, the same greedy text?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.export.prompts import MAX_TOKENS, PROMPTS
from understudy.export.records import Parity
from understudy.inference import Generation, LoadedModel
from understudy.training.chat import Message, with_system

_BATCH = len(PROMPTS)


@dataclass(frozen=True)
class Answers:
    """What the tuned model does with the fixed prompts."""

    tokens: tuple[tuple[int, ...], ...]
    """Of each prompt."""
    given: tuple[Generation, ...]
    choices: tuple[tuple[int, ...], ...]
    """Its first choice after each beginning of its answers."""
    loss: float
    """Nats per token of these very answers."""
    stops: frozenset[int]


def prompts(system_prompt: str | None) -> list[list[Message]]:
    """The fixed prompts as the training would have put them."""
    return [with_system([{"role": "user", "content": one}], system_prompt) for one in PROMPTS]


def answer(model: LoadedModel, system_prompt: str | None) -> Answers:
    """Let the tuned model answer, and score what it said."""
    asked = prompts(system_prompt)
    given = model.generate(asked, max_tokens=MAX_TOKENS, batch_size=_BATCH)
    return Answers(
        tokens=tuple(tuple(model.chat.prompt(one)) for one in asked),
        given=tuple(given),
        choices=_choices(model, asked, given),
        loss=_loss(model, asked, given),
        stops=model.chat.end_of_turn,
    )


def measure(model: LoadedModel, answers: Answers, system_prompt: str | None) -> Parity:
    """Let the export do the same and count what differs."""
    asked = prompts(system_prompt)
    given = model.generate(asked, max_tokens=MAX_TOKENS, batch_size=_BATCH)
    return Parity(
        prompts=len(asked),
        same_tokens=sum(
            tuple(model.chat.prompt(one)) == known
            for one, known in zip(asked, answers.tokens, strict=True)
        ),
        same_text=sum(
            one.text == other.text for one, other in zip(given, answers.given, strict=True)
        ),
        same_next=_same(answers.choices, _choices(model, asked, answers.given)),
        loss_adapter=answers.loss,
        loss_export=_loss(model, asked, answers.given),
        same_stops=model.chat.end_of_turn == answers.stops,
    )


def _rows(asked: Sequence[list[Message]], given: Sequence[Generation]) -> list[list[Message]]:
    pairs = zip(asked, given, strict=True)
    return [[*one, {"role": "assistant", "content": other.text}] for one, other in pairs]


def _loss(model: LoadedModel, asked: Sequence[list[Message]], given: Sequence[Generation]) -> float:
    scores = model.score(_rows(asked, given), batch_size=_BATCH)
    return sum(one.loss_sum for one in scores) / sum(one.tokens for one in scores)


def _choices(
    model: LoadedModel, asked: Sequence[list[Message]], given: Sequence[Generation]
) -> tuple[tuple[int, ...], ...]:
    """What a model would say next at each place of the answers."""
    found: list[tuple[int, ...]] = []
    for row in _rows(asked, given):
        encoded = model.chat.row(row)
        tokens = [int(token) for token in encoded.tokens[:-1]]
        found.append(tuple(model.first_choices(tokens)[encoded.prompt_length - 1 :]))
    return tuple(found)


def _same(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> float:
    """Share of the places at which both say the same; rows of other lengths have none."""
    pairs = [list(zip(a, b, strict=False)) for a, b in zip(one, other, strict=True)]
    longest = sum(max(len(a), len(b)) for a, b in zip(one, other, strict=True))
    return sum(a == b for row in pairs for a, b in row) / longest if longest else 1.0
