"""One project and one Prefect server for all flow tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.project import TestProject, make_project, serving
from tests.support.shell import Shell, open_shell


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestProject]:
    made = make_project(tmp_path_factory.mktemp("project"))
    with serving(made):
        yield made


@pytest.fixture(scope="session")
def shell(project: TestProject) -> Iterator[Shell]:
    """One process for all commands whose start is not what a test is about."""
    with open_shell(project) as opened:
        yield opened
