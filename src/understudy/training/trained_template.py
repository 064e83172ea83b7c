"""The chat template as training used it, as one template that any other program renders alike.

Training fixes what a template leaves open: the date of today, the thinking block,
a system role that it refuses, and the system prompt that stands before every
question. Another program knows nothing of that. So it is written into the
template's own beginning.
"""

from __future__ import annotations

import json

from understudy.training.chat import FIXED_CLOCK, FIXED_DATE


def trained_template(template: str, *, system_prompt: str | None, folds_system: bool) -> str:
    """Put before a template what training gave it besides the messages.

    Args:
        template: The base's own.
        folds_system: Whether it refuses a system role, so that the system prompt goes into the
            first question.
    """
    parts = ["{%- set enable_thinking = false %}"]
    parts.append(f"{{%- set date_string = {_text(FIXED_DATE.strftime('%d %b %Y'))} %}}")
    if system_prompt is not None:
        added = f"[{{'role': 'system', 'content': {_text(system_prompt)}}}]"
        parts.append(
            "{%- if not messages or messages[0]['role'] != 'system' %}"
            f"{{%- set messages = {added} + messages %}}{{%- endif %}}"
        )
    if folds_system:
        parts.append(
            "{%- if messages and messages[0]['role'] == 'system' %}{%- set messages = "
            "[{'role': messages[1]['role'], 'content': messages[0]['content'] + '\\n\\n' + "
            "messages[1]['content']}] + messages[2:] %}{%- endif %}"
        )
    clock = FIXED_CLOCK if "strftime_now" in template else ""
    # the renderer takes away one newline after a block, so the template still begins a line
    return f"{clock}{''.join(parts)}\n{template}"


def _text(value: str) -> str:
    """A string literal of Jinja."""
    return json.dumps(value, ensure_ascii=False).replace("{", "\\x7b").replace("%", "\\x25")
