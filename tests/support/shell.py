"""Many `understudy` commands in one process, because Prefect takes four seconds of CPU to import.

python -m tests.support.shell ROOT

Reads one command a line and answers with one line: how it ended and what it said.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.commands import command
from tests.support.project import CHECKOUT, Ran, TestProject


@dataclass(frozen=True)
class Shell:
    """Runs commands on a project, one after the other."""

    process: subprocess.Popen[str]

    def run(
        self,
        *arguments: str,
        settings: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run `understudy` with these arguments and wait for its end, as `TestProject.run` does."""
        changes = [part for one in settings for part in ("--set", one)]
        asked = {"arguments": [*arguments, *changes], "env": dict(env or {})}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        told = self.process.stdout.readline()
        assert told, f"the shell ended in {asked}"
        return Ran(**json.loads(told))


@contextmanager
def open_shell(project: TestProject) -> Generator[Shell]:
    """Keep one process for a project's commands."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.support.shell", str(project.root)],
        cwd=project.root,
        env=project.environment({"PYTHONPATH": f"{CHECKOUT}{os.pathsep}{CHECKOUT / 'src'}"}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield Shell(process)
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    root, unchanged = Path(sys.argv[1]), dict(os.environ)
    for line in sys.stdin:
        asked = json.loads(line)
        os.environ.update(asked["env"])
        said = command(root, *asked["arguments"])
        for name in asked["env"]:
            os.environ.pop(name)
            if name in unchanged:
                os.environ[name] = unchanged[name]
        print(json.dumps(asdict(said)), flush=True)


if __name__ == "__main__":
    main()
