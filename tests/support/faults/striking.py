"""How each kind of fault is planted, and what is done after it: the same command again."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.faults.damage import damaged
from tests.support.faults.judging import Finding, Judge
from tests.support.faults.mounts import MOUNTS, disk_full, in_own_namespace, read_only
from tests.support.faults.plan import Fault
from tests.support.faults.planting import Plant
from tests.support.faults.world import COMMANDS, STAGE_COMMANDS, STAGES, Ended, World, until

Strike = Callable[[World, Fault, Judge], None]
AGAIN = ("again", "go on", "goes on")
"""Words by which a message says that the same command will do."""
_BUSY = ("in use by process",)
_TOO_EARLY = "`understudy collect"
"""Said of a channel whose first command has not come to its lock yet."""


def strike(world: World, fault: Fault) -> Finding:
    """Plant one fault, run the same command again, and judge what is left."""
    reference = world.whole_line
    assert reference.counts
    if fault.kind in {"truncated", "garbled", "swapped"}:
        world.restore(COMMANDS[-1])
        judge = Judge(world, fault)
        damaged(world, fault, judge)
        return judge.finding
    command = STAGE_COMMANDS[fault.stage]
    place = COMMANDS.index(command)
    world.restore(COMMANDS[place - 1] if place else None)
    judge = Judge(world, fault)
    if fault.kind in MOUNTS and not in_own_namespace():
        judge.finding.struck, judge.finding.skipped = (
            False,
            "mounting takes root and a namespace of its own",
        )
        return judge.finding
    _STRIKES[fault.kind](world, fault, judge)
    if judge.finding.struck:
        finish(world, fault, judge)
    return judge.finding


def finish(world: World, fault: Fault, judge: Judge) -> None:
    """Run the same command again, undisturbed, and compare."""
    command = STAGE_COMMANDS[fault.stage]
    judge.ended(command, world.run(command, whole=fault.whole), good=True)
    judge.paid()
    if command == "collect":
        judge.same_collection()
    elif command == "build-dataset":
        judge.same_data()
    elif command == "train":
        judge.same_training()
    else:
        judge.same_verdict()


def planted(world: World, fault: Fault, **more: Any) -> Plant:
    """The fault at its place among the stage's operations."""
    settled = {"delay_s": fault.late, "target": fault.target, "model": fault.model, **more}
    key = f"{fault.stage}/model" if settled["model"] else fault.stage
    at = 1 + int(fault.share * world.whole_line.counts[key])
    return Plant(places=STAGES[fault.stage], note=world.note(), at=at, **settled)


def struck(plant: Plant) -> bool:
    with suppress(OSError, ValueError):
        return '"struck": true' in Path(plant.note).read_text()
    return False


def killed(world: World, fault: Fault, judge: Judge) -> None:
    """Kill -9 at an operation or a moment after it: the command, its child, or both."""
    plant = planted(world, fault, action="kill")
    command = STAGE_COMMANDS[fault.stage]
    judge.ended(
        command, world.run(command, plant=plant, whole=fault.whole), advice=AGAIN, good=False
    )
    judge.finding.struck = struck(plant)


def torn(world: World, fault: Fault, judge: Judge) -> None:
    """Kill -9 when a part of a line is written."""
    value = (fault.choice % 1000) / 1000
    plant = planted(world, fault, action="tear", value=value, delay_s=0.0)
    command = STAGE_COMMANDS[fault.stage]
    judge.ended(command, world.run(command, plant=plant), good=False)
    judge.finding.struck = struck(plant)


def interrupted(world: World, fault: Fault, judge: Judge) -> None:
    """Ctrl-C, or the system's request to end: what is done is kept, and the user is told so."""
    number = signal.SIGINT if fault.kind == "SIGINT" else signal.SIGTERM
    plant = planted(world, fault, action="signal", number=number, delay_s=0.0)
    command = STAGE_COMMANDS[fault.stage]
    run = world.run(command, plant=plant, whole=fault.whole)
    judge.ended(command, run, advice=("run the same command to go on", *AGAIN), good=False)
    judge.finding.struck = struck(plant)
    # A request that comes when all is done may be too late to be heeded.
    judge.finding.untold |= run.status not in {0, 1, 130}


def clock_back(world: World, fault: Fault, judge: Judge) -> None:
    """The clock jumps back by up to two days in the middle of a stage."""
    plant = planted(world, fault, action="clock", value=-float(1 + fault.choice % 172_800))
    command = STAGE_COMMANDS[fault.stage]
    judge.ended(command, world.run(command, plant=plant), good=True)
    judge.finding.struck = struck(plant)


def meanwhile(
    world: World, fault: Fault, judge: Judge, deed: Callable[[Plant], None], **run: Any
) -> Ended:
    """Stop the command at an operation, do something to its world, and let it go on.

    Args:
        run: Of the command's end, as `Judge.ended` takes it.
    """
    plant = planted(world, fault, action="wait", model=False)
    command = STAGE_COMMANDS[fault.stage]
    pid = world.start(command, plant=plant, whole=fault.whole)
    note = Path(plant.note)
    judge.finding.struck = (
        until(lambda: note.with_suffix(".reached").exists() or not _runs(pid), limit_s=120)
        and note.with_suffix(".reached").exists()
    )
    if judge.finding.struck:
        deed(plant)
    note.with_suffix(".go").touch()
    return judge.ended(command, world.wait(pid), **run)


def _runs(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    return False


def two_at_once(world: World, fault: Fault, judge: Judge) -> None:
    """Another command of the channel while one is at work: one of them is refused, and disturbs
    nothing. It is the first where it had not come to its lock yet."""
    second = COMMANDS[fault.choice % 2]
    refused: list[int] = []

    def deed(_: Plant) -> None:
        run = world.run(second)
        refused.append(judge.ended(second, run, advice=(*_BUSY, _TOO_EARLY), good=False).status)

    first = meanwhile(world, fault, judge, deed, advice=_BUSY, good=False)
    judge.finding.untold |= sorted([*refused, first.status]) != [0, 1]


def two_channels(world: World, fault: Fault, judge: Judge) -> None:
    """Another channel that wants the same ledger: refused until the first is through."""
    other = ("channel.name=other",)
    judge.ended("collect", world.run("collect", settings=other), good=True)

    def deed(_: Plant) -> None:
        run = world.run("build-dataset", settings=other)
        judge.ended("build-dataset", run, advice=_BUSY, good=False)
        judge.finding.untold |= run.status != 1

    meanwhile(world, fault, judge, deed, good=True)


def network_dropped(world: World, fault: Fault, judge: Judge) -> None:
    """The teacher's server goes in the middle of calls and comes back, at once or too late."""
    late = fault.choice % 2
    down = world.teacher_down

    def deed(_: Plant) -> None:
        down()
        if not late:
            world.teacher_up()

    # With calls under way: the server dies while it waits to answer.
    meanwhile(world, fault, judge, deed, advice=(*AGAIN, "is the network up"), good=not late)
    if late:
        world.teacher_up()


def server_killed(world: World, fault: Fault, judge: Judge) -> None:
    """Prefect's server is killed in mid-flow and started again on its port."""

    def deed(_: Plant) -> None:
        world.server_down(signal.SIGKILL)
        if fault.choice % 2:
            world.server_up()

    meanwhile(world, fault, judge, deed, advice=AGAIN, good=False)
    if world.server is None:
        world.server_up()


def full(world: World, fault: Fault, judge: Judge) -> None:
    """The disk is full from an operation on."""
    with disk_full(world) as fill:
        meanwhile(
            world, fault, judge, lambda _: fill(), advice=("No space left", "full disk"), good=False
        )


def sealed(world: World, fault: Fault, judge: Judge) -> None:
    """A folder becomes read-only."""
    with read_only(world) as seal:
        place = world.models if fault.stage in {"train", "evaluate"} else world.channel
        meanwhile(world, fault, judge, lambda _: seal(place), advice=("Read-only",), good=False)


_STRIKES: Mapping[str, Strike] = {
    "kill": killed,
    "tear": torn,
    "SIGINT": interrupted,
    "SIGTERM": interrupted,
    "clock back": clock_back,
    "disk full": full,
    "read-only": sealed,
    "two at once": two_at_once,
    "two channels": two_channels,
    "network dropped": network_dropped,
    "server killed": server_killed,
}
