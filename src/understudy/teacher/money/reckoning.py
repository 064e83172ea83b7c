"""What a quote rests on: prices, tokens as the ledger has seen them, and what is paid already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from understudy.records import Transcript
from understudy.settings import TeacherSettings
from understudy.teacher.calling.address import address_of
from understudy.teacher.calling.calls import Call
from understudy.teacher.fingerprint import parameters
from understudy.teacher.money.ledger import read_entries
from understudy.teacher.money.pricing import Price, load_prices
from understudy.teacher.money.quote import CHARS_PER_TOKEN, PassQuote, Quote, measured_ratio
from understudy.transcripts import read_transcript
from understudy.workspace import Workspace

Shelf = Callable[[str], Transcript | None]
"""Finds a video's transcript."""


@dataclass(frozen=True)
class Reckoning:
    """For the calls of one model."""

    teacher: TeacherSettings
    price: Price | None
    chars_per_token: float
    paid: Callable[[Call], bool]
    """Whether the ledger holds a call: it will cost nothing."""

    @classmethod
    def of(
        cls, teacher: TeacherSettings, workspace: Workspace, *, everything: bool = False
    ) -> Reckoning:
        """Read prices and ledger.

        Args:
            everything: As if the ledger held nothing.

        Raises:
            ConfigError: The price table cannot be used.
            DataError: The ledger cannot be read.
            TeacherSetupError: `teacher.base_url` is no address.
        """
        entries = list(read_entries(workspace.ledger))
        held = {entry.digest for entry in entries}
        determined_by = parameters(address_of(teacher), teacher)
        return cls(
            teacher=teacher,
            price=load_prices(workspace.root / teacher.prices).of(teacher.model),
            chars_per_token=measured_ratio(entries, teacher.model) or CHARS_PER_TOKEN,
            paid=lambda call: not everything and call.digest(determined_by) in held,
        )

    def quote(self, one: PassQuote, *, videos: int) -> Quote:
        """One pass as a whole quote."""
        return Quote(
            model=self.teacher.model,
            videos=videos,
            questions=0,
            passes=(one,),
            chars_per_token=round(self.chars_per_token, 3),
            mode=self.teacher.mode,
        )


def shelf_of(workspace: Workspace) -> Shelf:
    """Find transcripts on disk, by video."""

    def shelf(video_id: str) -> Transcript | None:
        path = workspace.transcript(video_id)
        return read_transcript(path) if path.exists() else None

    return shelf
