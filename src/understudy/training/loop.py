"""The loop: updates in order, validations, checkpoints, and an end that keeps what was good."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import mlx.core as mx

from understudy.artifacts import Artifact
from understudy.errors import TrainingError
from understudy.records import Record
from understudy.settings import TrainSettings
from understudy.training.adapters import save_adapter
from understudy.training.batches import Batch, Example, Plan, Update, collate
from understudy.training.checkpoints import Position, load_checkpoint, save_checkpoint
from understudy.training.metrics import Metrics, MetricsLog
from understudy.training.schedule import learning_rate
from understudy.training.step import Gradient, Stepper
from understudy.training.validation import Validation, is_lost, validate

LAST = "last"
Send = Callable[[dict[str, Any]], None]
Ending = Literal["finished", "patience", "interrupted"]


class Finished(Record):
    """How a training ended."""

    ending: Ending
    updates: int
    best_update: int | None
    best_val_loss: float | None
    start_val_loss: float | None
    last_val_loss: float | None
    trained_tokens: int


@dataclass
class _Meter:
    """What is counted between two lines of metrics."""

    seconds: float = 0.0
    positions: int = 0
    useful: int = 0


@dataclass
class Loop:
    """One training, from wherever its checkpoint stands.

    Args:
        send: Takes events for whoever watches.
        stopping: Asked after each update; true ends cleanly.
    """

    folder: Path
    settings: TrainSettings
    plan: Plan
    examples: list[Example]
    valid: list[Example]
    valid_batches: list[Batch]
    stepper: Stepper
    log: MetricsLog
    adapter_config: dict[str, Any]
    vocabulary: int
    send: Send
    stopping: Callable[[], bool]
    position: Position = field(default_factory=Position)
    _meter: _Meter = field(default_factory=_Meter)
    _began: float = field(default_factory=time.monotonic)
    _gradient: Gradient | None = None

    def run(self) -> Finished:
        """Train to the end, or to where patience or the person ends it.

        Raises:
            TrainingError: The loss is no number any more, or the validation `is_lost`. The best
                adapter so far is kept.
        """
        self._resume()
        ending: Ending = "finished"
        for update in self.plan.after(self.position.update):
            if self._out_of_patience():
                ending = "patience"
                break
            self._update(update)
            self._look(update)
            if self.stopping():
                ending = "interrupted"
                break
        return self._end(ending)

    def _resume(self) -> None:
        found = load_checkpoint(self.folder, self.stepper.parameters, self.stepper.state)
        if found is not None:
            self.position, self.stepper.parameters, self.stepper.state = found
            self.send({"event": "resumed", "update": self.position.update})
        self.log.rewind(self.position.update)
        mx.reset_peak_memory()
        if self.position.update == 0 and self.valid:
            start = self._validate()
            self._set(start_loss=start.loss, last_loss=start.loss)
            self._line(0.0, validation=start)

    def _update(self, update: Update) -> None:
        began = time.perf_counter()
        batches = [collate(group, self.examples) for group in update.groups]
        gradient = self.stepper.gradient(batches, update.number)
        if not (isfinite(gradient.loss_sum) and isfinite(gradient.norm)):
            raise self._diverged(update.number, "the loss is no number any more")
        self.stepper.apply(gradient, self._rate(update.number))
        learned = sum(batch.learned for batch in batches)
        self._set(
            update=update.number,
            loss_sum=self.position.loss_sum + gradient.loss_sum,
            learned=self.position.learned + learned,
            trained_tokens=self.position.trained_tokens + learned,
        )
        self._meter.seconds += time.perf_counter() - began
        self._meter.positions += sum(batch.inputs.size for batch in batches)
        self._meter.useful += sum(batch.useful for batch in batches)
        self._gradient = gradient

    def _look(self, update: Update) -> None:
        """Validate, report and save where it is time to."""
        number = update.number
        at_end = number == self.plan.updates
        validation = None
        if self.valid and (at_end or number % self.settings.eval_every == 0):
            validation = self._validate()
            self._judge(validation)
        if validation or at_end or number % self.settings.report_every == 0:
            self._line(self._epoch(update), validation, self._gradient)
        if number % self.settings.save_every == 0 and not at_end:
            self._save_checkpoint()
        self.send({"event": "update", "update": number, "updates": self.plan.updates})

    def _judge(self, validation: Validation) -> None:
        start = self.position.start_loss or 0.0
        if is_lost(validation.loss, start=start, vocabulary=self.vocabulary):
            raise self._diverged(
                self.position.update, f"the validation loss is {validation.loss:.3g}"
            )
        best = self.position.best_loss
        if best is None or validation.loss < best:
            save_adapter(self.folder, self.stepper.parameters, self.adapter_config)
            self._set(best_update=self.position.update, best_loss=validation.loss, stale=0)
        else:
            self._set(stale=self.position.stale + 1)
        self._set(last_loss=validation.loss)

    def _out_of_patience(self) -> bool:
        return 0 < self.settings.patience <= self.position.stale

    def _end(self, ending: Ending) -> Finished:
        self.save_last()
        self._save_checkpoint()
        if self.position.best_update is None:  # nothing was validated: the last is the best known
            save_adapter(self.folder, self.stepper.parameters, self.adapter_config)
        return Finished(
            ending=ending,
            updates=self.position.update,
            best_update=self.position.best_update,
            best_val_loss=self.position.best_loss,
            start_val_loss=self.position.start_loss,
            last_val_loss=self.position.last_loss,
            trained_tokens=self.position.trained_tokens,
        )

    def save_last(self) -> dict[str, Artifact]:
        """Write the adapter as it stands."""
        return save_adapter(self.folder / LAST, self.stepper.parameters, self.adapter_config)

    def _save_checkpoint(self) -> None:
        save_checkpoint(self.folder, self.position, self.stepper.parameters, self.stepper.state)

    def _validate(self) -> Validation:
        return validate(self.stepper.token_losses, self.valid_batches, self.valid)

    def _line(
        self,
        epoch: float,
        validation: Validation | None = None,
        gradient: Gradient | None = None,
    ) -> None:
        at, meter = self.position, self._meter
        rate = 1 / meter.seconds if meter.seconds else None
        line = Metrics(
            iteration=at.update,
            epoch=round(epoch, 4),
            train_loss=at.loss_sum / at.learned if at.learned else None,
            val_loss=validation.loss if validation else None,
            val_loss_se=_finite(validation.standard_error) if validation else None,
            learning_rate=self._rate(at.update) if at.update else None,
            grad_norm=gradient.norm if gradient else None,
            tokens_per_sec=meter.positions * rate if rate else None,
            useful_tokens_per_sec=meter.useful * rate if rate else None,
            padding_share=1 - meter.useful / meter.positions if meter.positions else None,
            trained_tokens=at.trained_tokens,
            peak_memory_gb=mx.get_peak_memory() / 1e9,
            seconds=time.monotonic() - self._began,
        )
        self.log.add(line)
        self._set(loss_sum=0.0, learned=0)
        self._meter = _Meter()
        self.send({"event": "metrics", "updates": self.plan.updates, **line.model_dump()})

    def _rate(self, update: int) -> float:
        return learning_rate(update, self.plan.updates, self.settings)

    def _epoch(self, update: Update) -> float:
        before = sum(self.plan.rows_of_epochs[: update.epoch])
        first = self.plan.first_update(update.epoch)
        in_epoch = min((update.number - first + 1) * self.plan.window, len(self.examples))
        return (before + in_epoch) / len(self.examples)

    def _diverged(self, update: int, what: str) -> TrainingError:
        kept = self.position.best_update
        said = (
            f"the adapter of update {kept} is kept in {self.folder.name}"
            if kept
            else "nothing good had been saved yet"
        )
        return TrainingError(
            f"training stopped at update {update} of {self.plan.updates}: {what}; {said}. Lower "
            f"train.learning_rate (now {self.settings.learning_rate:g}; learning rate x scale "
            f"{self.settings.learning_rate * self.settings.lora.scale:g}), or lengthen the warm-up"
        )

    def _set(self, **changes: Any) -> None:
        self.position = self.position.model_copy(update=changes)


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
