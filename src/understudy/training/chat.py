"""Messages to tokens, with the base's own chat template, the same in training and inference.

A template is a program, and three things in it differ from what one expects:
the date of today (Llama 3.2 and SmolLM3 print it, so that the same row has other
tokens tomorrow), the thinking block (an empty one belongs to the prompt of Qwen3
and not to its answer), and the system role (Gemma refuses it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from understudy.errors import BaseModelError

FIXED_DATE = date(2024, 7, 26)
"""What templates that print the date are given: Llama 3's own fallback."""

Message = Mapping[str, str]


@dataclass(frozen=True)
class Encoded:
    """One chat row as the model sees it."""

    tokens: NDArray[np.int32]
    """Prompt, answer and end of turn, `(length,)`."""
    prompt_length: int
    """Tokens before the first of the answer."""

    @property
    def length(self) -> int:
        return len(self.tokens)


class ChatFormat:
    """Renders with one tokenizer's template and checks what it renders.

    Args:
        tokenizer: An `mlx_lm.tokenizer_utils.TokenizerWrapper`.

    Raises:
        BaseModelError: It has no chat template or names no end of turn.
    """

    def __init__(self, tokenizer: Any) -> None:
        if not tokenizer.has_chat_template:
            raise BaseModelError(
                "the base's tokenizer has no chat template, so questions and answers cannot be "
                "told apart: take an instruction-tuned base"
            )
        self._tokenizer = tokenizer
        self.end_of_turn = frozenset(int(token) for token in tokenizer.eos_token_ids)
        if not self.end_of_turn:
            raise BaseModelError("the base's tokenizer names no end-of-turn token (eos_token_id)")
        self._options = _template_options(tokenizer)
        self.folds_system = not self._takes_system()
        self.spliced = False
        """Whether some row's prompt was no prefix of the whole, and the two were joined instead."""

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Token ids up to where the model is to answer.

        Args:
            messages: Ending with the user's.
        """
        return [int(token) for token in self._render(messages, add_generation_prompt=True)]

    def row(self, messages: Sequence[Message]) -> Encoded:
        """Tokenise one training row.

        The prompt is exactly what `prompt` renders, so that the model learns to answer what it
        will be given. Where the template renders a finished turn otherwise (thinking blocks),
        the answer's part is joined to that prompt.

        Args:
            messages: Ending with the assistant's.

        Raises:
            BaseModelError: The last message is not the assistant's.
        """
        if len(messages) < 2 or messages[-1].get("role") != "assistant":
            raise BaseModelError("a chat row must end with the assistant's message")
        prompt = self.prompt(messages[:-1])
        whole = [int(token) for token in self._render(messages)]
        if whole[: len(prompt)] != prompt:
            self.spliced = True
            whole = prompt + self._answer_part(messages)
        if not self.end_of_turn.intersection(whole[len(prompt) :]):
            whole.append(int(self._tokenizer.eos_token_id))
        return Encoded(np.asarray(whole, dtype=np.int32), len(prompt))

    def render(self, messages: Sequence[Message]) -> str:
        """Text of a prompt for messages that end with the user's, of a finished turn for others."""
        asks = messages[-1]["role"] == "user"
        return str(self._render(messages, add_generation_prompt=asks, tokenize=False))

    @property
    def stop_texts(self) -> tuple[str, ...]:
        """The tokens that end a turn, as text."""
        return tuple(str(self._tokenizer.decode([one])) for one in sorted(self.end_of_turn))

    @property
    def begin(self) -> str | None:
        """Text of the token that begins a prompt, which other programs put there by themselves."""
        begin = getattr(self._tokenizer, "bos_token", None)
        return str(begin) if begin else None

    def text(self, tokens: Sequence[int]) -> str:
        """Decode generated tokens."""
        return str(self._tokenizer.decode(list(tokens)))

    def _answer_part(self, messages: Sequence[Message]) -> list[int]:
        """Tokens of the answer and its end of turn, cut out of the rendered text."""
        text = str(self._render(messages, tokenize=False))
        answer = messages[-1]["content"].strip()
        at = text.rfind(answer)
        if at < 0:
            raise BaseModelError(
                f"the base's chat template does not render the answer {answer[:60]!r} as it is"
            )
        return [int(t) for t in self._tokenizer.encode(text[at:], add_special_tokens=False)]

    def _render(self, messages: Sequence[Message], **options: Any) -> Any:
        folded = _fold_system(messages) if self.folds_system else messages
        return self._raw(folded, **options)

    def _raw(self, messages: Sequence[Message], **options: Any) -> Any:
        plain = [{"role": one["role"], "content": one["content"]} for one in messages]
        return self._tokenizer.apply_chat_template(plain, **self._options, **options)

    def _takes_system(self) -> bool:
        mark = "understudy system probe"
        try:
            text = self._raw(
                [{"role": "system", "content": mark}, {"role": "user", "content": "?"}],
                add_generation_prompt=True,
                tokenize=False,
            )
        except Exception:  # noqa: BLE001  (a template raises what it likes; jinja2 wraps it)
            return False
        return mark in text


def _template_options(tokenizer: Any) -> dict[str, Any]:
    """What makes a template render the same on every day, and without thinking."""
    options: dict[str, Any] = {
        "enable_thinking": False,
        "date_string": FIXED_DATE.strftime("%d %b %Y"),
    }
    template = getattr(tokenizer, "chat_template", None)
    if isinstance(template, str) and "strftime_now" in template:
        options["chat_template"] = FIXED_CLOCK + template
    return options


_DATES = {form: FIXED_DATE.strftime(form) for form in ("%d %b %Y", "%d %B %Y", "%Y-%m-%d", "%Y")}
FIXED_CLOCK = (  # a macro hides the function of the same name that transformers provides
    "{%- macro strftime_now(form) -%}"
    f"{{{{- {_DATES!r}.get(form, {FIXED_DATE.isoformat()!r}) -}}}}"
    "{%- endmacro -%}"
)


def _fold_system(messages: Sequence[Message]) -> list[Message]:
    """Put a system message before the first user message, for templates that refuse it."""
    if not messages or messages[0]["role"] != "system":
        return list(messages)
    system, first, *rest = messages
    return [{"role": first["role"], "content": f"{system['content']}\n\n{first['content']}"}, *rest]


def with_system(messages: Sequence[Message], system_prompt: str | None) -> list[Message]:
    """Put the system prompt first where a row does not bring one."""
    if system_prompt is None or (messages and messages[0]["role"] == "system"):
        return list(messages)
    return [{"role": "system", "content": system_prompt}, *messages]
