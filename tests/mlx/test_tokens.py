"""The lengths that a dataset is shown with are those that training meets."""

from __future__ import annotations

import pytest

from tests.support.rows import divided, many_rows, row_of, split_settings
from understudy.analysis.tokens import count_tokens
from understudy.chat import examples_of
from understudy.errors import BaseModelError
from understudy.split import PARTS
from understudy.training.chat import ChatFormat

LIMIT = 60


@pytest.fixture(scope="module")
def rows():
    rows, _ = divided(many_rows(12), split_settings())
    return rows


def test_rows_are_tokenised_as_training_does_it(rows, root):
    from mlx_lm.utils import load_tokenizer

    base = root / "models" / "sample-base"
    chat = ChatFormat(load_tokenizer(base))
    lengths = [
        chat.row([{"role": turn.role, "content": turn.content} for turn in one.messages]).length
        for part in PARTS
        for one in examples_of(rows, part, "Be brief.")
    ]

    found = count_tokens(rows, base, base="b", max_seq_length=LIMIT, system_prompt="Be brief.")

    assert found.counted == len(lengths) == 48
    assert found.longest == max(lengths) > LIMIT
    assert found.total == sum(min(length, LIMIT) for length in lengths)
    assert found.truncated == sum(length > LIMIT for length in lengths)
    assert sum(found.by_part.values()) == found.total
    assert sum(found.histogram) == found.counted
    assert 0 < found.answer_share < 1


def test_a_folder_without_a_tokenizer_is_said(tmp_path):
    with pytest.raises(BaseModelError, match="cannot be loaded"):
        count_tokens(
            [row_of(part="train")], tmp_path, base="b", max_seq_length=9, system_prompt=None
        )
