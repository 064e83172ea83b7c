"""Run by an interpreter that has bespokelabs-curator: python peer_curator.py ADDRESS ROWS CONCURRENT CACHE."""

import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

address, rows, concurrent, cache = sys.argv[1:]
os.environ.update(
    CURATOR_CACHE_DIR=cache,
    CURATOR_VIEWER="0",
    HF_HUB_OFFLINE="1",
    LITELLM_LOCAL_MODEL_COST_MAP="True",
    OPENAI_API_KEY="none",
    OPENAI_BASE_URL=address,
    TELEMETRY_ENABLED="false",
    # Its tokenizer would be downloaded; the same file comes with a package that it depends on.
    TIKTOKEN_CACHE_DIR=str(
        Path(importlib.util.find_spec("litellm").origin).parent
        / "litellm_core_utils"
        / "tokenizers"
    ),
)

from bespokelabs import curator  # noqa: E402
from datasets import Dataset  # noqa: E402
from pydantic import BaseModel  # noqa: E402


class Question(BaseModel):
    """Of a talk."""

    question: str


class Answer(BaseModel):
    """To a question."""

    id: str
    answer: str
    quote: str
    tags: list[str]


class Reply(BaseModel):
    """What each call is held to, as ours are."""

    questions: list[Question]
    answers: list[Answer]


class Asker(curator.LLM):
    """Sends the messages of a row as they are."""

    response_format = Reply

    def prompt(self, row: dict[str, Any]) -> Any:
        return row["messages"]

    def parse(self, row: dict[str, Any], response: Reply) -> dict[str, str]:  # noqa: ARG002
        return {"text": response.model_dump_json()}


asker = Asker(
    model_name="gpt-4o-mini",
    backend="openai",
    backend_params={
        "max_concurrent_requests": int(concurrent),
        "max_requests_per_minute": 10_000_000,
        "max_tokens_per_minute": 10_000_000_000,
    },
)
dataset = Dataset.from_list([json.loads(line) for line in Path(rows).read_text().splitlines()])
began = time.monotonic()
found = asker(dataset)
print(json.dumps({"seconds": time.monotonic() - began, "rows": len(found.dataset)}))
