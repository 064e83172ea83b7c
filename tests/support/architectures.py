"""Tiny configs of the architectures that people tune, each with the style of its real template."""

from __future__ import annotations

from typing import Any

from tests.support.tiny import LLAMA, LLAMA_TEMPLATE

DATED = (
    "{%- if strftime_now is defined %}{%- set day = strftime_now('%d %B %Y') %}"
    "{%- else %}{%- set day = '?' %}{%- endif %}"
    "{%- if not date_string is defined %}{%- set date_string = day %}{%- endif %}"
    "<|system|>\nToday: {{ date_string }}, {{ day }}<|end|>" + LLAMA_TEMPLATE
)
NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}" + LLAMA_TEMPLATE
)
IGNORES_SYSTEM = (
    "{% for m in messages if m['role'] != 'system' %}<|{{ m['role'] }}|>\n{{ m['content'] }}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
EMPTY_THOUGHT_IN_PROMPT = (  # as Qwen3 does with enable_thinking=false
    "{% for m in messages %}<|{{ m['role'] }}|>\n"
    "{% if m['role'] == 'assistant' %}<think>\n\n</think>\n\n{% endif %}{{ m['content'] }}<|end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
    "{% endif %}"
)
THOUGHT_IN_PROMPT_ONLY = (  # a finished turn lacks what the prompt ends with
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n<think>\n\n</think>\n\n{% endif %}"
)

GEMMA3: dict[str, Any] = {
    "model_type": "gemma3_text",
    "hidden_size": 32,
    "num_hidden_layers": 6,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "rms_norm_eps": 1e-5,
    "sliding_window": 16,
    "sliding_window_pattern": 3,
    "query_pre_attn_scalar": 8,
}
GRANITE: dict[str, Any] = {
    **LLAMA,
    "model_type": "granite",
    "logits_scaling": 4.0,
    "attention_multiplier": 0.3,
    "embedding_multiplier": 3.0,
    "residual_multiplier": 0.9,
    "attention_bias": False,
    "mlp_bias": False,
}
PHI: dict[str, Any] = {
    "model_type": "phi",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "partial_rotary_factor": 0.5,
    "layer_norm_eps": 1e-5,
    "rope_theta": 10000.0,
}
QWEN3: dict[str, Any] = {**LLAMA, "model_type": "qwen3", "head_dim": 8}
SMOLLM3: dict[str, Any] = {**LLAMA, "model_type": "smollm3", "no_rope_layer_interval": 2}
PHI3: dict[str, Any] = {**LLAMA, "model_type": "phi3", "num_key_value_heads": 4}

TEMPLATES = {
    "llama": DATED,
    "qwen3": EMPTY_THOUGHT_IN_PROMPT,
    "gemma3": NO_SYSTEM,
    "granite": LLAMA_TEMPLATE,
    "smollm3": THOUGHT_IN_PROMPT_ONLY,
    "phi": IGNORES_SYSTEM,
    "phi3": LLAMA_TEMPLATE,
}
ARCHITECTURES = {
    "llama": LLAMA,
    "qwen3": QWEN3,
    "gemma3": GEMMA3,
    "granite": GRANITE,
    "smollm3": SMOLLM3,
    "phi": PHI,
    "phi3": PHI3,
}
