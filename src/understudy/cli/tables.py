"""Tables in the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


def show_table(table: Table) -> None:
    """Print a table as wide as the terminal."""
    from rich.console import Console

    # Piped into a file, a table has no edge to wrap at.
    Console(width=None if sys.stdout.isatty() else 200).print(table)
