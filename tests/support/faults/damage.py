"""Files that are damaged between two runs: cut off, written over, or put in another's place."""

from __future__ import annotations

import random
from pathlib import Path

from tests.support.faults.judging import Judge
from tests.support.faults.plan import FILES, Fault
from tests.support.faults.world import COMMANDS, World

ADVICE = "`understudy collect`"


def damaged(world: World, fault: Fault, judge: Judge) -> None:
    """Damage a file of a finished line, run a command and those after it, and compare all of it.

    A command may refuse the file if it names it; then it is deleted, which is what the messages
    and docs/DATA.md say to do with a file that can be made again, and `collect` is run where the
    message says so. At last the whole line is run.
    """
    draw = random.Random(fault.choice)
    path = draw.choice(_of_kind(world, fault.stage))
    other = _spoil(world, fault, path, draw)
    names = {path.name} | ({other.name} if other else set())
    start = COMMANDS[draw.randrange(len(COMMANDS)) :]
    for command in (*start, *COMMANDS):
        run = judge.ended(command, world.run(command), advice=names, good=False)
        refused = [one for one in (path, other) if one and run.status and one.name in run.err]
        for one in refused:
            one.unlink(missing_ok=True)
        if refused:
            if ADVICE in run.err and command != COMMANDS[0]:
                judge.ended(COMMANDS[0], world.run(COMMANDS[0]), good=True)
            judge.ended(command, world.run(command), good=command in COMMANDS[:2])
    judge.ended(COMMANDS[-1], world.run(COMMANDS[-1]), good=True)
    judge.paid()
    judge.same_data()
    judge.same_training()
    judge.same_verdict()


def _of_kind(world: World, kind: str) -> list[Path]:
    place, _, pattern = dict(FILES)[kind].partition("/")
    folder = world.channel if place == "data" else world.models
    if pattern.startswith("../"):
        return [folder.parent / pattern[3:]]
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def _spoil(world: World, fault: Fault, path: Path, draw: random.Random) -> Path | None:
    """Damage a file, and return the other one that it was swapped with."""
    content = path.read_bytes()
    if fault.kind == "truncated":
        path.write_bytes(content[: int(fault.share * len(content))])
        return None
    if fault.kind == "garbled":
        length = draw.randint(1, max(1, len(content) // 4))
        at = int(fault.share * max(len(content) - length, 1))
        path.write_bytes(content[:at] + draw.randbytes(length) + content[at + length :])
        return None
    like = [one for one in _of_kind(world, fault.stage) if one != path]
    kinds = [name for name, _ in FILES if name != fault.stage]
    other = draw.choice(like or _of_kind(world, draw.choice(kinds)))
    path.write_bytes(other.read_bytes())
    other.write_bytes(content)
    return other
