"""The pair search in portions, on workers."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.workers import Workers
from tasks.pairs import find_pairs, read_pairs
from understudy.artifacts import write_json
from understudy.dedup import Search
from understudy.similarity.pairs import Pairs, joined, near_pairs


def search_by(workers: Workers | None, scratch: Path) -> Search:
    """The search on these workers, or in this process where there are none.

    Args:
        scratch: A folder that all workers see; emptied again.
    """
    return near_pairs if workers is None else _Spread(workers, scratch)


@dataclass(frozen=True)
class _Spread:
    workers: Workers
    scratch: Path

    def __call__(self, texts: Sequence[str], *, threshold: float) -> Pairs:
        """Search in portions and put them together: the same pairs as those of one process."""
        # More portions than workers, so that none waits long for the last one.
        portions = 4 * self.workers.count
        self.scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.scratch, prefix=".pairs-") as folder:
            file = write_json(Path(folder) / "texts.json", list(texts)).path
            futures = [
                self.workers.submit(
                    find_pairs, texts=file, threshold=threshold, portion=number, of=portions
                )
                for number in range(portions)
            ]
            return joined([read_pairs(future.result()) for future in futures])
