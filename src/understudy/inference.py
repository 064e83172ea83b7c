"""One load for both models: the adapter is taken out and put back in place.

Scoring lays rows out and masks them with the code that training uses, so a loss
here and a validation loss there are the same figure. Generation always goes
through the chat template: a raw prompt measures something else (FACTS 20).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten, tree_unflatten

from understudy.errors import BaseModelError, TrainingError
from understudy.models import NO_FOREIGN_CODE, check_base
from understudy.records import Record
from understudy.training.batches import Example, collate, example
from understudy.training.chat import ChatFormat, Message
from understudy.training.heads import find_head
from understudy.training.loading import keep_in_memory
from understudy.training.loss import Objective
from understudy.training.step import arrays, device_layout
from understudy.training.validation import add_row_losses


class Score(Record):
    """How well a model foresees one reference answer."""

    loss_sum: float
    """Nats, over the answer's tokens and its end of turn."""
    tokens: int
    """How many tokens that is a sum over."""


class Generation(Record):
    """One generated answer."""

    text: str
    finish_reason: Literal["stop", "length"]
    tokens: int
    """Generated, the end of turn not counted."""


class LoadedModel:
    """A base and, with it, a tuned model, in the memory of one."""

    def __init__(self, model: Any, tokenizer: Any, swap: _Swap | None) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._swap = swap
        self.chat = ChatFormat(tokenizer)
        head, _ = find_head(model)
        self._objective = Objective(model, head)

    @classmethod
    def load(cls, base: Path | str, adapter: Path | None = None) -> Self:
        """Load a base, and an adapter where there is one; the adapter is on.

        Args:
            base: A model folder; see `understudy.models.find_base` for ids.
            adapter: A folder with `adapters.safetensors` and `adapter_config.json`.

        Raises:
            BaseModelError: The folder holds no usable base.
            TrainingError: The adapter does not belong to this base.
        """
        from mlx_lm.utils import load

        check_base(Path(base))
        keep_in_memory()
        try:
            loaded: Any = load(str(base), tokenizer_config=NO_FOREIGN_CODE)
        except (ValueError, KeyError, OSError, RuntimeError) as error:
            raise BaseModelError(f"{Path(base).name} cannot be loaded: {error}") from error
        model, tokenizer = loaded[0], loaded[1]
        swap = None if adapter is None else _attach(model, adapter)
        model.eval()
        model.freeze()
        mx.eval(model.parameters())
        return cls(model, tokenizer, swap)

    def adapter(self, *, on: bool) -> None:
        """Answer as the tuned model, or as the base.

        Raises:
            TrainingError: No adapter was loaded.
        """
        if self._swap is None:
            if on:
                raise TrainingError("no adapter was loaded: name its folder when loading")
            return
        self._swap.turn(on=on)

    @property
    def adapter_on(self) -> bool:
        return self._swap is not None and self._swap.on

    def score(self, rows: Sequence[Sequence[Message]], *, batch_size: int) -> list[Score]:
        """Loss of each row's last message given what precedes it.

        Args:
            rows: Chats, each ending with the assistant's message.

        Returns:
            One score for each row, in their order.
        """
        examples = [
            example(str(index), "", self.chat.row(row), max_seq_length=None, mask_prompt=True)
            for index, row in enumerate(rows)
        ]
        return self._score(examples, batch_size)

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        *,
        max_tokens: int,
        batch_size: int,
        on_done: Callable[[int, Generation], None] | None = None,
    ) -> list[Generation]:
        """Answer each prompt greedily.

        Args:
            prompts: Chats, each ending with the user's message.
            max_tokens: Of one answer.
            batch_size: Answers under way at a time; another starts as soon as one ends.
            on_done: Called with an index into `prompts` as soon as that answer is complete, so
                that a caller can save it.

        Returns:
            One generation for each prompt, in their order.
        """
        if not prompts:
            return []
        done: dict[int, Generation] = {}
        for index, tokens, reason in self._stream(prompts, max_tokens, batch_size):
            done[index] = Generation(
                text=self.chat.text(tokens), finish_reason=reason, tokens=len(tokens)
            )
            if on_done is not None:
                on_done(index, done[index])
        return [done[index] for index in range(len(prompts))]

    def logits(self, messages: Sequence[Message]) -> mx.array:
        """Logits of the token that would follow a prompt, `(vocabulary,)` float32."""
        tokens = mx.array(self.chat.prompt(messages))[None]
        return self._model(tokens)[0, -1].astype(mx.float32)

    def first_choices(self, tokens: Sequence[int]) -> list[int]:
        """The token this model would put after each beginning of a text, `(length,)`."""
        logits = self._model(mx.array(np.asarray(tokens, dtype=np.int32))[None])[0]
        return [int(one) for one in np.array(mx.argmax(logits, axis=-1))]

    def speak(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[str]:
        """Answer greedily, piece by piece as the text comes.

        Args:
            messages: Ending with the user's.
        """
        from mlx_lm.generate import stream_generate

        prompt = self.chat.prompt(messages)
        for one in stream_generate(self._model, self._tokenizer, prompt, max_tokens=max_tokens):
            yield str(one.text)

    @property
    def model(self) -> Any:
        """The `mlx.nn.Module` itself."""
        return self._model

    def _stream(
        self, prompts: Sequence[Sequence[Message]], max_tokens: int, batch_size: int
    ) -> Any:
        """Yield (index, tokens, reason) as answers end."""
        from mlx_lm.generate import BatchGenerator

        generator = BatchGenerator(
            self._model,
            stop_tokens=[[token] for token in sorted(self.chat.end_of_turn)],
            max_tokens=max_tokens,
            completion_batch_size=batch_size,
            prefill_batch_size=min(batch_size, 8),
        )
        try:
            uids = generator.insert([self.chat.prompt(messages) for messages in prompts])
            index = {uid: place for place, uid in enumerate(uids)}
            tokens: dict[int, list[int]] = {uid: [] for uid in uids}
            while responses := generator.next_generated():
                for one in responses:
                    if one.finish_reason != "stop":
                        tokens[one.uid].append(int(one.token))
                    if one.finish_reason is not None:
                        yield index[one.uid], tokens.pop(one.uid), one.finish_reason
        finally:
            generator.close()

    def _score(self, examples: Sequence[Example], batch_size: int) -> list[Score]:
        sums = np.zeros(len(examples))
        lengths = [one.length for one in examples]
        layout = device_layout(self._model, "bucketed", batch_size=batch_size, capacity=0)
        for call in layout.calls(range(len(examples)), lengths):
            batch = collate(call, examples)
            inputs, places, targets, _, _ = arrays(batch)
            losses = self._objective.per_token(inputs, places, targets)
            add_row_losses(sums, np.array(losses), batch)
        return [
            Score(loss_sum=float(total), tokens=one.learned)
            for total, one in zip(sums, examples, strict=True)
        ]


class _Swap:
    """Two sets of modules or weights for the same places in one model."""

    def __init__(self, model: Any, base: Mapping[str, Any], tuned: Mapping[str, Any]) -> None:
        self._model = model
        self._base = base
        self._tuned = tuned
        self.on = True

    def turn(self, *, on: bool) -> None:
        if on == self.on:
            return
        chosen = list((self._tuned if on else self._base).items())
        if isinstance(chosen[0][1], mx.array):
            self._model.update(tree_unflatten(chosen))
        else:
            self._model.update_modules(tree_unflatten(chosen))
        self.on = on


def _attach(model: Any, adapter: Path) -> _Swap:
    """Put the adapter into the model and remember what it stands in the place of."""
    from mlx_lm.tuner.utils import load_adapters

    before = _flat(model)
    try:
        load_adapters(model, str(adapter))
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RuntimeError) as error:
        raise TrainingError(
            f"the adapter in {adapter.name} cannot be used, for its adapter_config.json or "
            f"adapters.safetensors is damaged ({error}): take both from a backup, or train again"
        ) from error
    tuned: dict[str, Any] = {
        name: module for name, module in model.named_modules() if "lora_a" in module
    }
    if tuned:
        return _Swap(model, {name: _inside(module) for name, module in tuned.items()}, tuned)
    saved: Any = mx.load(str(adapter / "adapters.safetensors"))
    names: list[str] = list(saved)
    after = _flat(model)
    return _Swap(
        model, {name: before[name] for name in names}, {name: after[name] for name in names}
    )


def _flat(model: Any) -> dict[str, mx.array]:
    pairs: Any = tree_flatten(model.parameters())
    return dict(pairs)


def _inside(module: Any) -> Any:
    return module.embedding if "embedding" in module else module.linear
