"""No model output passes through Prefect's result store: its serializers run what they load."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from prefect import Flow, Task
from prefect.cache_policies import NO_CACHE
from prefect.serializers import JSONSerializer
from pydantic import BaseModel

from flows.home import environment

ROOT = Path(__file__).resolve().parents[2]
RAN: list[str] = []


class Called(BaseModel):
    """What a reply could name: here a class that only notes that it was made."""

    harm: str

    def model_post_init(self, _: Any) -> None:
        RAN.append(self.harm)


def declared(kind: type) -> dict[str, Any]:
    """Every flow or task of the project, by its module and name."""
    modules = [
        importlib.import_module(f"{folder}.{path.stem}")
        for folder in ("tasks", "flows")
        for path in sorted((ROOT / folder).glob("*.py"))
        if path.stem != "__init__"
    ]
    return {
        f"{module.__name__}.{name}": one
        for module in modules
        for name, one in vars(module).items()
        if isinstance(one, kind)
    }


def test_a_reply_could_name_a_function_that_prefect_s_serializer_calls() -> None:
    """Why this file exists: were it no longer so, the rule could go."""
    reply = {"__class__": f"{__name__}.Called", "data": {"harm": "done"}}
    RAN.clear()

    JSONSerializer().loads(json.dumps(reply).encode())

    assert RAN == ["done"]


def test_no_task_keeps_its_result_or_looks_for_one() -> None:
    tasks = declared(Task)

    assert len(tasks) > 10
    assert [name for name, one in tasks.items() if one.persist_result is not False] == []
    assert [name for name, one in tasks.items() if one.cache_policy is not NO_CACHE] == []
    assert [name for name, one in tasks.items() if one.result_storage is not None] == []


def test_no_flow_keeps_its_result() -> None:
    flows = declared(Flow)

    assert len(flows) >= 6
    assert [name for name, one in flows.items() if one.persist_result is not False] == []


def test_the_home_keeps_none_by_default_and_pickles_nothing(tmp_path: Path) -> None:
    home = environment(tmp_path)

    assert home["PREFECT_RESULTS_PERSIST_BY_DEFAULT"] == "false"
    assert home["PREFECT_RESULTS_DEFAULT_SERIALIZER"] == "json"


@pytest.mark.parametrize("module", ["tasks", "flows"])
def test_no_module_asks_for_a_serializer_or_a_result_store(module: str) -> None:
    words = ("result_serializer", "result_storage", "persist_result=True", "ResultStore")
    asking = [
        path.name
        for path in (ROOT / module).glob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in words)
    ]

    assert asking == []
