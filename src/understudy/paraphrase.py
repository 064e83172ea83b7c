"""Other ways to ask the same question, by rule, for those who have no teacher.

Every rule keeps the question's own words and order wherever grammar would need a
parser: it changes how the question is led up to, contracts or spells out, or
exchanges an opening for one that asks for the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from understudy.records import Dropped, digest_of
from understudy.text.form import form_of
from understudy.text.language import base
from understudy.variants import SHORTER, Draft, Order, Written


class RuleWriter:
    """Writes variants by rule: paraphrased questions and short answers, and nothing else.

    Args:
        language: BCP 47, of the questions.
        seed: Chooses among the wordings.
    """

    def __init__(self, *, language: str, seed: int) -> None:
        self._language, self._seed = language, seed

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """The same for all: what the rules read stands in the settings."""
        return {"writer": "rules"}

    async def write(self, orders: Sequence[Order]) -> Written:
        """Write what the rules can; the rest is `missing`."""
        texts = {order.id: self._text(order) for order in orders}
        return Written(
            drafts=tuple(Draft(id=name, text=text) for name, text in texts.items() if text),
            dropped=tuple(
                Dropped(id=order.id, reason="missing") for order in orders if not texts[order.id]
            ),
        )

    def _text(self, order: Order) -> str | None:
        if order.kind == "short":
            return short_answer(order.answer)
        if order.kind != "paraphrase":
            return None
        number = int(order.id.rpartition(":p")[2])
        wordings = paraphrase(
            order.question,
            count=number,
            seed=f"{self._seed}/{order.source_id}",
            language=self._language,
        )
        return wordings[number - 1] if len(wordings) == number else None


def short_answer(answer: str) -> str | None:
    """The answer's first two blocks, its lead and one paragraph, or None where that is no shorter."""
    blocks = [block.strip() for block in answer.split("\n\n") if block.strip()]
    if len(blocks) < 3:
        return None
    short = "\n\n".join(blocks[:2])
    form = form_of(short)
    fits = len(short) <= SHORTER * len(answer) and not form.list and not short.endswith(":")
    return short if fits else None


def paraphrase(question: str, *, count: int, seed: str, language: str = "en") -> list[str]:
    """Reword a question by rule.

    Wordings that change an opening come before those that only lead up to the question, and
    casual, neutral and formal ones take turns.

    Args:
        seed: Chooses among the wordings, together with the question itself.

    Returns:
        At most `count` wordings, all different from each other and from the question.
    """
    rewritten = list(_rewritten(question)) if base(language) == "en" else []
    framed = list(_framed(question, base(language)))
    wordings: list[str] = []
    for group in (rewritten, framed):
        for wording in sorted(group, key=lambda text: digest_of(f"{seed}/{text}")):
            if wording not in wordings and wording.casefold() != question.casefold():
                wordings.append(wording)
    return wordings[:count]


_OPENINGS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacements)
    for pattern, replacements in (
        (
            r"^what is the best way to ",
            ("How can I best ", "What's the best way to ", "How does one best "),
        ),
        (r"^how (?:can|do|should) i ", ("What is a good way to ", "What can I do to ")),
        (r"^how (?:can|do|should) (?:you|we|people|one) ", ("What is a good way to ",)),
        (r"^what is ", ("What's ", "What exactly is ")),
        (r"^what are ", ("What exactly are ",)),
        (r"^what does ", ("What exactly does ",)),
        (r"^what happens ", ("What exactly happens ", "Can you tell me what happens ")),
        (r"^what causes ", ("What exactly causes ", "Can you tell me what causes ")),
        (r"^why (?=is|are|do|does|did|can|should|would|was|were)", ("Why exactly ",)),
        (r"^how (?=is|are|does|do|did|can|should|would)", ("How exactly ", "In what way ")),
        (r"^is it (?:true|right) that ", ("Is it really true that ", "Is it the case that ")),
        (r"^should i ", ("Would you advise me to ", "Do you think I should ")),
        (r"^can i ", ("Am I able to ", "Is it possible for me to ")),
    )
)

_SPELLINGS = (
    (r"\bwhat's\b", "what is"),
    (r"\bdon't\b", "do not"),
    (r"\bdoesn't\b", "does not"),
    (r"\bisn't\b", "is not"),
    (r"\bcan't\b", "cannot"),
    (r"\bdo not\b", "don't"),
    (r"\bdoes not\b", "doesn't"),
    (r"\bcannot\b", "can't"),
)

_FRAMES: dict[str, tuple[str, ...]] = {
    "en": (
        "Quick question: {}",
        "I've been wondering: {}",
        "Just curious: {}",
        "Help me out here: {}",
        "Something I don't quite get: {}",
        "Here is my question: {}",
        "I would like to know: {}",
        "Could you explain this to me: {}",
        "I would be grateful for your view on this: {}",
        "May I ask you the following: {}",
    ),
    "de": ("Kurze Frage: {}", "Ich frage mich: {}", "Ich würde gerne wissen: {}"),
    "fr": ("Petite question : {}", "Je me demande : {}", "Je voudrais savoir : {}"),
    "es": ("Una pregunta rápida: {}", "Me pregunto: {}", "Me gustaría saber: {}"),
}


def _rewritten(question: str) -> Iterator[str]:
    for pattern, replacements in _OPENINGS:
        if found := pattern.match(question):
            rest = question[found.end() :]
            yield from (replacement + rest for replacement in replacements)
    for pattern, replacement in _SPELLINGS:
        changed = re.sub(pattern, replacement, question, count=1, flags=re.IGNORECASE)
        if changed != question:
            yield changed[:1].upper() + changed[1:]


def _framed(question: str, language: str) -> Iterator[str]:
    for frame in _FRAMES.get(language, ("{}",)):
        yield frame.format(_uncapitalised(question) if language == "en" else question)


_COMMON = re.compile(
    r"(what|why|how|when|where|who|which|is|are|do|does|did|can|could|should|will|would|if|has|have)"
    r"\b",
    re.IGNORECASE,
)


def _uncapitalised(question: str) -> str:
    """Lower the first letter where it begins a common word and not a name."""
    if not _COMMON.match(question):
        return question
    return question[:1].lower() + question[1:]
