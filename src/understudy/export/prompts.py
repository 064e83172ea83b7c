"""The prompts on which an export is compared with its adapter: always these."""

from __future__ import annotations

PROMPTS = (
    "What is the one thing you would tell a beginner?",
    "Why does that happen?",
    "How do I know that it works?",
    "List three things to look at first.",
    "What do most people get wrong?",
    "Explain it in one sentence.",
    "What happens if I do nothing?",
    "Hello! Who are you?",
)
MAX_TOKENS = 48
