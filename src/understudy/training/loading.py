"""A base in two steps: what it is, and then its weights."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlx.core as mx

from understudy.errors import BaseModelError
from understudy.models import NO_FOREIGN_CODE, check_base


@contextmanager
def loading(base: Path) -> Generator[tuple[Any, Any]]:
    """Give model and tokenizer; the weights are read only when this block is through.

    Raises:
        BaseModelError: The base cannot be loaded.
    """
    from mlx_lm.utils import load

    check_base(base)
    keep_in_memory()
    with _reading(base):
        loaded: Any = load(str(base), tokenizer_config=NO_FOREIGN_CODE, lazy=True)
    yield loaded[0], loaded[1]
    with _reading(base):
        mx.eval(loaded[0].parameters())


def keep_in_memory() -> None:
    """Have macOS swap none of the model out, up to the size it recommends; elsewhere do nothing."""
    from mlx_lm.utils import maybe_set_recommended_wired_limit

    maybe_set_recommended_wired_limit()


@contextmanager
def _reading(base: Path) -> Generator[None]:
    try:
        yield
    except (ValueError, KeyError, OSError, RuntimeError, TypeError) as error:
        raise BaseModelError(f"the base {base.name} cannot be loaded: {error}") from error
