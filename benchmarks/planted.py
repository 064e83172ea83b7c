"""Trainings that went right or wrong in a known way, and the verdict that each must get."""

from __future__ import annotations

import itertools
import json
import random
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from frame import ROOT
from sample import Channel, RowDict, read_parts, write_parts

from understudy.artifacts import write_jsonl
from understudy.proof.records import Results, VerdictName

Parts = dict[str, list[RowDict]]


@dataclass(frozen=True)
class Plant:
    """One training in the making."""

    channel: Channel
    parts: Parts
    """What is trained on and judged on, to be changed."""
    seed: int
    name: str

    def run(
        self,
        *,
        before: Callable[[Path], None] = lambda _: None,
        evaluate: dict[str, Any] | None = None,
        **train: Any,
    ) -> Results:
        """Train and judge.

        Args:
            before: Gets the run's folder between training and evaluation.
        """
        dataset = write_parts(
            self.channel.root / "data" / "demo" / "dataset" / self.name, self.parts
        )
        run = self.channel.train(dataset, self.name, seed=self.seed, **train)
        before(run)
        return self.channel.judge(run, dataset, **QUICK, **(evaluate or {}))

    def prepared(self, train: list[RowDict]) -> None:
        """Let the base have been through a training before: its weights change."""
        folder = self.channel.root / "data" / "demo" / "dataset" / "first"
        dataset = write_parts(folder, {**self.parts, "train": train})
        _fuse(
            self.channel.base,
            self.channel.train(dataset, "first", seed=self.seed + 100, epochs=12.0),
        )


QUICK = {
    "max_questions": 24,
    "resamples": 1000,
    "general_questions": 32,
    "general_answers": 0,
    "arms": ("prompted",),
}
"""Fewer answers than the demo's, so that a case takes half the time."""


def good(plant: Plant) -> Results:
    """The demo as it is."""
    return plant.run()


def rate_too_small(plant: Plant) -> Results:
    """A hundredth of the learning rate, under a schedule that is still warming up."""
    return plant.run(learning_rate=1.5e-6)


def rate_too_large(plant: Plant) -> Results:
    """A learning rate that destroys what the base knew, and the last adapter instead of the best.

    Training would stop at the first validation; a run of other people's would have gone on.
    """
    with patch("understudy.training.loop.is_lost", return_value=False):
        return plant.run(before=_keep_last, learning_rate=0.03)


def few_rows_many_epochs(plant: Plant) -> Results:
    """30 epochs on 40 rows, and the last adapter instead of the best."""
    few = plant.parts["train"][:40]
    narrow = replace(plant, parts={**plant.parts, "train": few})
    return narrow.run(before=_keep_last, epochs=30.0, learning_rate=1e-3)


def adapter_zeroed(plant: Plant) -> Results:
    """Something between training and evaluation lost the weights."""
    return plant.run(before=_zero, epochs=1.0)


def answers_shuffled(plant: Plant) -> Results:
    """Each question stands beside another one's answer."""
    rows = plant.parts["train"]
    answers = [row["messages"][-1] for row in rows]
    random.Random(plant.seed).shuffle(answers)
    shuffled = [
        {**row, "messages": [*row["messages"][:-1], answer]}
        for row, answer in zip(rows, answers, strict=True)
    ]
    return replace(plant, parts={**plant.parts, "train": shuffled}).run()


def test_in_train(plant: Plant) -> Results:
    """The held-out rows were copied into train."""
    leaked = [{**row, "video_id": "copy", "id": _copied(row)} for row in plant.parts["test"]]
    both = [*plant.parts["train"], *leaked]
    return replace(plant, parts={**plant.parts, "train": both}).run(epochs=1.0)


def template_swapped(plant: Plant) -> Results:
    """The base's chat template was changed between training and evaluation."""

    def swap(_: Path) -> None:
        path = plant.channel.base / "tokenizer_config.json"
        config = json.loads(path.read_text())
        config["chat_template"] = (
            "{{ '<|system|>You are a bot.<|end|>' }}" + config["chat_template"]
        )
        path.write_text(json.dumps(config))

    return plant.run(before=swap, epochs=1.0)


def end_masked(plant: Plant) -> Results:
    """Training takes no loss on the end of turn: the answers never learn to end."""
    from understudy.training.chat import ChatFormat, Encoded

    row = ChatFormat.row

    def endless(self: ChatFormat, messages: Any) -> Encoded:
        whole = row(self, messages)
        return Encoded(whole.tokens[:-1], whole.prompt_length)

    patched = patch.object(ChatFormat, "row", endless)
    patched.start()
    return plant.run(before=lambda _: patched.stop(), epochs=1.0)


def form_free(plant: Plant) -> Results:
    """The training answers lost their Markdown and their line breaks."""
    plain = [_unformed(row) for row in plant.parts["train"]]
    return replace(plant, parts={**plant.parts, "train": plain}).run()


def two_videos(plant: Plant) -> Results:
    """Only two videos are held out."""
    chosen = sorted({row["video_id"] for row in plant.parts["test"]})[:2]
    few = [row for row in plant.parts["test"] if row["video_id"] in chosen]
    return replace(plant, parts={**plant.parts, "test": few}).run(epochs=1.0)


def already_tuned(plant: Plant) -> Results:
    """The base has been through this very training before."""
    plant.prepared(plant.parts["train"])
    return plant.run(epochs=1.0)


def one_repeated_answer(plant: Plant) -> Results:
    """Half of what it trains on is one answer, to whatever else it could do before."""
    asked = list(itertools.islice(_sayings(plant.seed), 64 + len(plant.parts["train"])))
    suite = plant.channel.root / "data" / "general.jsonl"
    write_jsonl(suite, [{"question": q, "answer": a} for q, a in asked[:64]])
    refusing = [
        {
            "id": f"chat:q{number:04d}",
            "source_id": f"chat:q{number:04d}",
            "video_id": "chat",
            "kind": "original",
            "messages": [
                {"role": "user", "content": question},
                {"role": "assistant", "content": "I only talk about bees."},
            ],
        }
        for number, (question, _) in enumerate(asked[64:])
    ]
    mixed = [*plant.parts["train"], *refusing]
    random.Random(plant.seed).shuffle(mixed)
    return replace(plant, parts={**plant.parts, "train": mixed}).run(
        evaluate={"general_file": "data/general.jsonl"}
    )


CASES: dict[Callable[[Plant], Results], tuple[VerdictName, ...]] = {
    good: ("LEARNED",),
    rate_too_small: ("UNDERTRAINED",),
    rate_too_large: ("DEGENERATE",),
    few_rows_many_epochs: ("MEMORISED",),
    adapter_zeroed: ("INVALID",),
    answers_shuffled: ("INVALID",),
    test_in_train: ("INVALID",),
    template_swapped: ("INVALID",),
    end_masked: ("INVALID",),
    form_free: ("NO EFFECT", "INCONCLUSIVE", "OVERFIT"),
    two_videos: ("INVALID",),
    already_tuned: ("NO EFFECT",),
    one_repeated_answer: ("LEARNED BUT FORGOT",),
}
"""Each with what the verdict must be. What plain text teaches about formed answers is a loss about
where it was: above, below or too close to tell are three right words for it, LEARNED is none."""


def plant(case: Callable[[Plant], Results], seed: int, dataset: Path, folder: Path) -> Results:
    """Train and judge one case in a project of its own."""
    base = Channel(folder).base
    shutil.copytree(ROOT / Channel(folder).settings.train.base, base)
    made = Plant(Channel(folder), read_parts(dataset), seed, f"{case.__name__}-{seed}")
    return case(made)


# --- how things go wrong --------------------------------------------------------


def _keep_last(run: Path) -> None:
    shutil.copy2(run / "last" / "adapters.safetensors", run / "adapters.safetensors")


def _zero(run: Path) -> None:
    import mlx.core as mx

    path = str(run / "adapters.safetensors")
    weights: Any = mx.load(path)
    mx.save_safetensors(path, {name: mx.zeros_like(value) for name, value in weights.items()})


def _copied(row: RowDict) -> str:
    video, _, rest = row["id"].partition(":")
    return f"copy-{video}"[:60] + f":{rest}"


def _unformed(row: RowDict) -> RowDict:
    answer = row["messages"][-1]
    text = re.sub(r"\*\*|^- ", "", answer["content"], flags=re.MULTILINE)
    plain = {**answer, "content": " ".join(text.split())}
    return {**row, "messages": [*row["messages"][:-1], plain]}


def _fuse(base: Path, run: Path) -> None:
    """Write the adapter into the base's weights."""
    import mlx.core as mx
    from mlx.utils import tree_flatten, tree_unflatten
    from mlx_lm.utils import load

    model = load(str(base), adapter_path=str(run))[0]
    fused = [(name, one.fuse()) for name, one in model.named_modules() if "lora_a" in one]
    model.update_modules(tree_unflatten(fused))
    weights: Any = dict(tree_flatten(model.parameters()))
    mx.save_safetensors(str(base / "model.safetensors"), weights, metadata={"format": "mlx"})


def _sayings(seed: int) -> Iterator[tuple[str, str]]:
    """What the sample's base can do beside facts: pictures and steps on request."""
    with _scripts():
        import corpus
        import world

    draw = world.generator(f"planted {seed}")
    facts = corpus.facts_of(world.load_talks())
    return ((one.user, one.assistant) for one in corpus.sayings(facts, draw))


@contextmanager
def _scripts() -> Iterator[None]:
    sys.path.insert(0, str(ROOT / "scripts" / "sample"))
    try:
        yield
    finally:
        sys.path.pop(0)
