"""Work side by side that ends together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def together(work: Iterable[Awaitable[T]]) -> list[T]:
    """Do everything side by side and return what came, in the order of the work.

    Where something fails, the rest is finished first. A bare gather would leave it running behind
    its caller's back: calls that are paid for, in a run whose ledger may be closed by then.

    Raises:
        BaseException: The first failure in the order of the work.
    """
    results = await asyncio.gather(*work, return_exceptions=True)
    done: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done
