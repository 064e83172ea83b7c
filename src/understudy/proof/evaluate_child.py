"""Score and answer the questions with every arm, in a process of its own.

One load: the base is the tuned model with its adapter taken out. Each result is
on disk before the next one is begun, and what is on disk is not made again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from understudy.chat import ChatRow
from understudy.proof.agenda import Agenda
from understudy.proof.briefing import Briefing
from understudy.proof.frequencies import Frequencies
from understudy.proof.journal import Journal, open_journal, read_lines
from understudy.proof.lineup import Lineup
from understudy.proof.plan import Models, probed, read_part
from understudy.proof.records import Arm, GenerationLine, ScoreLine
from understudy.records import Record
from understudy.settings import EvaluateSettings

if TYPE_CHECKING:
    from understudy.inference import Generation, LoadedModel

SCORES = "scores.jsonl"
GENERATIONS = "generations.jsonl"
_BATCHES = 8
"""So many are scored before their lines are written."""

Tell = Callable[[dict[str, Any]], None]


class EvaluateSpec(Record):
    """What the child is to do."""

    base: str
    """Folder of the base."""
    run: str
    """Folder of the adapter, and of the files that are appended to."""
    dataset: str
    """Folder with `train.jsonl` and `test.jsonl`."""
    train_digest: str
    """SHA-256 of `train.jsonl`."""
    models: Models
    system_prompt: str | None
    """What the training put before rows that bring none."""
    briefing: Briefing
    general: tuple[ChatRow, ...]
    """Questions by which forgetting is measured."""
    lineup: Lineup
    """The training's canaries and what they are ranked among."""
    settings: EvaluateSettings


def evaluate(spec: EvaluateSpec, tell: Tell) -> None:
    """Complete `scores.jsonl` and `generations.jsonl` of a run.

    Args:
        tell: Gets `{"event": "progress", "done": …, "total": …}` after every result.

    Raises:
        BaseModelError: The base cannot be used.
        TrainingError: The adapter does not belong to it.
        WriteError: The file system refused.
    """
    from understudy.inference import LoadedModel  # mlx, which the task's process must not hold

    test, train = (
        read_part(Path(spec.dataset), part, spec.system_prompt) for part in ("test", "train")
    )
    agenda = agenda_of(spec, test, train)
    wanted = agenda.keys()
    run = Path(spec.run)
    if wanted <= keys_on_disk(run):
        tell({"event": "progress", "done": len(wanted), "total": len(wanted)})
        return
    model = LoadedModel.load(Path(spec.base), run)  # before a line that is there is given up
    with (
        open_journal(run / SCORES, ScoreLine, wanted) as scores,
        open_journal(run / GENERATIONS, GenerationLine, wanted) as generations,
    ):
        progress = Progress(tell, len(wanted), scores, generations)
        progress.report()
        bench = Bench(spec, agenda, train, model, scores, generations, progress)
        bench.frequencies()
        for stint in agenda.stints():
            bench.model.adapter(on=stint.arm == "tuned")
            bench.score(stint.scored, stint.arm)
            bench.answer(stint.answered, stint.arm)


def agenda_of(spec: EvaluateSpec, test: tuple[ChatRow, ...], train: tuple[ChatRow, ...]) -> Agenda:
    """What this evaluation consists of.

    Args:
        test: The held-out rows, as the training reads them.
        train: The training rows, likewise.
    """
    return Agenda(
        test=test,
        probe=probed(train, len(test)),
        general=spec.general,
        lineup=spec.lineup,
        briefing=spec.briefing,
        models=spec.models,
        train_digest=spec.train_digest,
        settings=spec.settings,
    )


def keys_on_disk(run: Path) -> frozenset[str]:
    """Keys of all lines that an earlier evaluation of this run left."""
    scores = read_lines(run / SCORES, ScoreLine)
    generations = read_lines(run / GENERATIONS, GenerationLine)
    return frozenset(line.key for line in (*scores, *generations))


@dataclass(frozen=True)
class Progress:
    """How far it is, told after every line."""

    tell: Tell
    total: int
    scores: Journal[ScoreLine]
    generations: Journal[GenerationLine]

    @property
    def done(self) -> int:
        return len(self.scores.keys) + len(self.generations.keys)

    def report(self) -> None:
        self.tell({"event": "progress", "done": self.done, "total": self.total})


@dataclass(frozen=True)
class Bench:
    """A loaded model and the files its results go to."""

    spec: EvaluateSpec
    agenda: Agenda
    train: tuple[ChatRow, ...]
    model: LoadedModel
    scores: Journal[ScoreLine]
    generations: Journal[GenerationLine]
    progress: Progress

    def frequencies(self) -> None:
        """Score the references under token frequencies: of the training answers, and of a general
        question's under those of the other general answers.
        """
        missing = self._missing(self.agenda.test)
        if missing:
            known = Frequencies(map(self._answer_tokens, self.train))
            for row in missing:
                self._frequent(row, known)
        for row in self._missing(self.agenda.general):
            others = [one for one in self.agenda.general if one.id != row.id]
            self._frequent(row, Frequencies(map(self._answer_tokens, others)))

    def _missing(self, rows: Sequence[ChatRow]) -> list[ChatRow]:
        return [row for row in rows if self.agenda.unigram_key(row) not in self.scores.keys]

    def _frequent(self, row: ChatRow, known: Frequencies) -> None:
        tokens = self._answer_tokens(row)
        key = self.agenda.unigram_key(row)
        self._scored(row, key, "unigram", known.loss(tokens), len(tokens))

    def score(self, rows: Sequence[ChatRow], arm: Arm) -> None:
        """Score the references under one arm, a few batches at a time."""
        named = {self.agenda.score_key(row, arm): row for row in rows}
        missing = [(key, row) for key, row in named.items() if key not in self.scores.keys]
        size = self.spec.settings.batch_size
        for start in range(0, len(missing), size * _BATCHES):
            chunk = missing[start : start + size * _BATCHES]
            found = self.model.score([row.messages for _, row in chunk], batch_size=size)
            for (key, row), one in zip(chunk, found, strict=True):
                self._scored(row, key, arm, one.loss_sum, one.tokens)

    def answer(self, rows: Sequence[ChatRow], arm: Arm) -> None:
        """Let one arm answer; each answer is on disk as soon as it ends."""
        limit = self.spec.settings.max_tokens
        keys = {row.id: self.agenda.generation_key(row, arm) for row in rows}
        missing = [row for row in rows if keys[row.id] not in self.generations.keys]

        def on_done(place: int, one: Generation) -> None:
            row = missing[place]
            self.generations.append(
                GenerationLine(
                    key=keys[row.id],
                    id=row.id,
                    arm=arm,
                    text=one.text,
                    finish_reason=one.finish_reason,
                    tokens=one.tokens,
                )
            )
            self.progress.report()

        self.model.generate(
            [row.prompt for row in missing],
            max_tokens=limit,
            batch_size=self.spec.settings.batch_size,
            on_done=on_done,
        )

    def _scored(
        self, row: ChatRow, key: str, arm: Arm | Literal["unigram"], loss: float, tokens: int
    ) -> None:
        self.scores.append(ScoreLine(key=key, id=row.id, arm=arm, loss=loss, tokens=tokens))
        self.progress.report()

    def _answer_tokens(self, row: ChatRow) -> list[int]:
        encoded = self.model.chat.row(row.messages)
        return [int(token) for token in encoded.tokens[encoded.prompt_length :]]


def main() -> None:
    """Entry point of the child: `python -m understudy.proof.evaluate_child`."""
    from understudy.child import serve

    with serve() as channel:

        def tell(event: dict[str, Any]) -> None:
            channel.send(event)
            if channel.stopping:  # every line is on disk: nothing is to be saved
                sys.exit(1)

        evaluate(EvaluateSpec.model_validate(channel.spec), tell)


if __name__ == "__main__":
    main()
