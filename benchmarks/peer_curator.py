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
    CURATOR_DISABLE_RICH_DISPLAY="1",
    CURATOR_VIEWER="0",
    HF_HUB_OFFLINE="1",
    LITELLM_LOCAL_MODEL_COST_MAP="True",
    OPENAI_API_KEY="none",
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


class Asker(curator.LLM):
    """Sends the messages of a row as they are."""

    def prompt(self, row: dict[str, Any]) -> Any:
        return row["messages"]

    def parse(self, row: dict[str, Any], response: str) -> dict[str, str]:  # noqa: ARG002
        return {"text": response}


asker = Asker(
    model_name="gpt-4",
    backend="openai",
    backend_params={
        "base_url": address,
        "max_concurrent_requests": int(concurrent),
        "max_requests_per_minute": 10_000_000,
        "max_tokens_per_minute": 10_000_000_000,
    },
)
dataset = Dataset.from_list([json.loads(line) for line in Path(rows).read_text().splitlines()])
began = time.monotonic()
found = asker(dataset)
print(json.dumps({"seconds": time.monotonic() - began, "rows": len(found.dataset)}))
