"""Templates of real styles: what is learned is what will be asked, today and tomorrow."""

from __future__ import annotations

import pytest

from tests.support.architectures import (
    DATED,
    EMPTY_THOUGHT_IN_PROMPT,
    IGNORES_SYSTEM,
    NO_SYSTEM,
    THOUGHT_IN_PROMPT_ONLY,
)
from tests.support.tiny import LLAMA_TEMPLATE, chat, make_tokenizer
from understudy.errors import BaseModelError
from understudy.training.chat import ChatFormat, with_system

NO_END = LLAMA_TEMPLATE.replace("<|end|>", "")
STYLES = {
    "plain": LLAMA_TEMPLATE,
    "dated": DATED,
    "no system": NO_SYSTEM,
    "ignores system": IGNORES_SYSTEM,
    "empty thought": EMPTY_THOUGHT_IN_PROMPT,
    "thought in prompt only": THOUGHT_IN_PROMPT_ONLY,
    "no end of turn": NO_END,
}
ROW = chat("why *wait*?", "Because\n\n- of **é**", system="Be brief.")


@pytest.fixture(scope="module")
def format_of(tmp_path_factory):
    from mlx_lm.tokenizer_utils import load

    def make(template: str | None) -> ChatFormat:
        folder = tmp_path_factory.mktemp("tokenizer")
        make_tokenizer(folder, template)
        (folder / "config.json").write_text('{"model_type": "llama"}')
        return ChatFormat(load(folder))

    return make


@pytest.mark.parametrize("style", STYLES)
def test_the_learned_part_is_the_answer_and_one_end_of_turn(format_of, style):
    form = format_of(STYLES[style])

    row = form.row(ROW)

    learned = row.tokens[row.prompt_length :].tolist()
    assert form.text(learned).rstrip("\n") == "Because\n\n- of **é**<|end|>"
    assert row.tokens[: row.prompt_length].tolist() == form.prompt(ROW[:-1])


@pytest.mark.parametrize("style", STYLES)
def test_the_system_prompt_reaches_the_model_in_every_style(format_of, style):
    form = format_of(STYLES[style])

    assert "Be brief." in form.text(form.prompt(ROW[:-1]))


def test_the_date_of_today_is_in_no_row(format_of):
    text = format_of(DATED).text(format_of(DATED).prompt(ROW[:-1]))

    assert "Today: 26 Jul 2024, 26 July 2024" in text


def test_a_template_that_renders_finished_turns_otherwise_is_noticed(format_of):
    form, plain = format_of(THOUGHT_IN_PROMPT_ONLY), format_of(LLAMA_TEMPLATE)

    form.row(ROW), plain.row(ROW)

    assert (form.spliced, plain.spliced) == (True, False)


def test_a_base_without_a_template_is_refused(format_of):
    with pytest.raises(BaseModelError, match="no chat template"):
        format_of(None)


def test_a_row_that_does_not_end_with_an_answer_is_refused(format_of):
    with pytest.raises(BaseModelError, match="assistant"):
        format_of(LLAMA_TEMPLATE).row(ROW[:-1])


def test_a_system_prompt_is_added_only_where_there_is_none():
    bare = chat("q", "a")

    assert with_system(bare, "x")[0] == {"role": "system", "content": "x"}
    assert with_system(ROW, "x") == ROW
    assert with_system(bare, None) == bare
