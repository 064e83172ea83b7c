"""The layers hold: what may import what, and what an import costs."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
MLX_HOMES = (
    "understudy.training",
    "understudy.inference",
    "understudy.proof",
    "understudy.export",
    "understudy.talking.server",
)
"""Where mlx may be imported; what runs in the task's own process may not even there."""

MODULES = sorted(
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
    for path in (SRC / "understudy").rglob("*.py")
    if path.stem != "__main__"  # importing it is running it
)


def test_the_contracts_of_import_linter_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(SRC), str(ROOT)))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Contracts: \d+ kept, 0 broken", done.stdout)


MODELS = {"mlx", "mlx_lm", "torch", "transformers"}
SLOW = {"openai", "aiohttp", "scipy"}
"""Half of what a flow would take to start, for work that a finished stage does not do again."""
LOADED = """
import importlib, json, sys
loaded = {}
for name in sys.argv[1:]:
    importlib.import_module(name)
    loaded[name] = sorted({one.split(".")[0] for one in sys.modules})
print(json.dumps(loaded))
"""


def loaded_with(*modules):
    """Top-level names in `sys.modules` after each import, in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *modules],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(SRC), str(ROOT)))},
        capture_output=True,
        text=True,
        check=True,
    )
    return {name: {*tops} for name, tops in json.loads(done.stdout.splitlines()[-1]).items()}


LIGHT = [name for name in MODULES if not name.startswith(MLX_HOMES)]


@pytest.fixture(scope="module")
def package():
    """Everything the package loads, the modules that need no model first."""
    return loaded_with(*LIGHT, *(name for name in MODULES if name not in LIGHT))


def test_no_module_of_the_package_imports_prefect_directly_or_not(package):
    assert [name for name, found in package.items() if "prefect" in found] == []


def test_everything_outside_the_model_code_imports_without_mlx(package):
    assert [name for name in LIGHT if package[name] & MODELS] == []


def imports(path):
    """Every absolute import of a file, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def files(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def top(name):
    return name.partition(".")[0]


def test_mlx_is_imported_in_the_model_code_alone():
    outside = [
        name
        for name in MODULES
        if not name.startswith(MLX_HOMES)
        and {"mlx", "mlx_lm"} & {top(found) for found in imports(source(name))}
    ]

    assert outside == []


def source(module):
    path = SRC.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@pytest.mark.parametrize("path", [*files("tasks"), *files("flows")], ids=lambda path: path.stem)
def test_the_task_process_never_holds_a_model(path):
    """Training and generation run in a child: an abort inside MLX must not end the task's process."""
    assert {top(name) for name in imports(path)}.isdisjoint({"mlx", "mlx_lm"})


def test_importing_every_task_and_flow_loads_no_model_library_and_nothing_slow():
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in [*files("tasks"), *files("flows")]
        if path.stem != "__init__"
    ]

    loaded = loaded_with(*modules)

    assert [name for name, found in loaded.items() if found & (MODELS | SLOW)] == []


FOUNDATION = {
    "atomic",
    "errors",
    "records",
    "settings",
    "accounting",
    "artifacts",
    "manifests",
    "locking",
    "workspace",
}


@pytest.mark.parametrize(
    "path",
    [
        p
        for p in files("src/understudy")
        if p.parent.name == "settings" or (p.parent.name == "understudy" and p.stem in FOUNDATION)
    ],
    ids=lambda path: path.stem,
)
def test_the_foundation_knows_no_stage(path):
    own = {name.split(".")[1] for name in imports(path) if name.startswith("understudy.")}

    assert own <= FOUNDATION


@pytest.mark.parametrize("path", files("tasks"), ids=lambda path: path.stem)
def test_a_task_module_imports_no_other_stage(path):
    shared = {"tasks.policy", "tasks.project", "tasks.child"}

    assert {name for name in imports(path) if name.startswith("tasks.")} <= shared


@pytest.mark.parametrize("path", files("tests/unit"), ids=lambda path: path.stem)
def test_a_unit_test_needs_no_prefect(path):
    assert {top(name) for name in imports(path)}.isdisjoint({"prefect", "tasks", "flows"})


CODE = [*files("src"), *files("tasks"), *files("flows")]
RUNS_WHAT_IT_LOADS = {"pickle", "shelve", "marshal", "dill", "cloudpickle", "joblib"}
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc"}


def test_nothing_that_runs_code_on_loading_is_imported():
    """Model output and downloaded files are never trusted."""
    offenders = [
        str(path.relative_to(ROOT))
        for path in CODE
        if RUNS_WHAT_IT_LOADS & {top(name) for name in imports(path)}
    ]

    assert offenders == []


RUNS_A_TEXT = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "pd.read_pickle",
               "yaml.unsafe_load", "yaml.full_load", "torch.load"}  # fmt: skip
OPENS_A_DOOR = {
    "shell": True,
    "trust_remote_code": True,
    "allow_pickle": True,
    "persist_result": True,
    "autoescape": False,
}
"""Arguments under which a library runs, or no longer escapes, what it is given."""


def calls(path):
    """(what is called as it is written, its constant keyword arguments) of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            named = {
                one.arg: one.value.value
                for one in node.keywords
                if one.arg and isinstance(one.value, ast.Constant)
            }
            yield ast.unparse(node.func), named


def test_no_text_from_outside_can_become_a_program():
    """A name in quotes is never called, a shell is never asked, and foreign code never trusted."""
    offenders = [
        f"{path.relative_to(ROOT)}: {called}"
        for path in CODE
        for called, named in calls(path)
        if called in RUNS_A_TEXT
        or any(name in named and named[name] is value for name, value in OPENS_A_DOOR.items())
    ]

    assert offenders == []


def loading(path):
    """Every call of a file that loads a tokenizer or a model by somebody else's library."""
    text = path.read_text(encoding="utf-8")
    names = {"AutoTokenizer.from_pretrained", "SentenceTransformer"}
    if "from mlx_lm.utils import" in text:
        names |= {"load", "load_tokenizer"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            yield ast.unparse(node)


def test_every_loader_of_a_base_is_told_to_run_nothing_of_it():
    """transformers otherwise asks in the terminal, and somebody would say yes."""
    found = [call for path in files("src") for call in loading(path)]
    told = ("NO_FOREIGN_CODE", "trust_remote_code=False")

    assert len(found) >= 6
    assert [call for call in found if not any(word in call for word in told)] == []


def test_no_module_has_a_name_that_says_nothing():
    assert [str(path.relative_to(ROOT)) for path in CODE if path.stem in SAYS_NOTHING] == []


def test_every_module_says_what_it_is():
    silent = [
        str(path.relative_to(ROOT))
        for path in CODE
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert silent == []
