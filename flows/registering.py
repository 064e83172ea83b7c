"""What `understudy ui` sets up on its server besides the deployments of prefect.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import DeploymentSchedule, FlowRun, StateType
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.states import Crashed
from prefect.workers.process import ProcessWorker

from understudy.errors import ConfigError
from understudy.settings import WatchSettings, channel_files, load_settings

SILENCE_S = 90
"""Without a heartbeat for so long a run counts as dead; `flows.home` has them come every 30 s."""

_HEARTBEAT = "prefect.flow-run.heartbeat"
_ENDED = {f"prefect.flow-run.{name}" for name in ("Completed", "Failed", "Cancelled", "Crashed")}
_KILLED = (
    f"no heartbeat for {SILENCE_S} s: its process was killed, or the machine slept. What was "
    "finished is kept: run it again"
)


async def make_pool(name: str) -> None:
    """Make the pool that the worker takes its runs from."""
    template = ProcessWorker.get_default_base_job_template()
    pool = WorkPoolCreate(name=name, type=ProcessWorker.type, base_job_template=template)
    async with get_client() as client:
        await client.create_work_pool(pool, overwrite=True)


async def register(root: Path) -> tuple[str, ...]:
    """Set up what follows from the configs and what keeps the list of runs true.

    Returns:
        A line for each channel that is watched, and for what was put right.
    """
    async with get_client() as client:
        await _declare_silence_dead(client)
        buried = await _bury(client)
        lines = await _schedule_looks(client, root)
    return (*lines, *buried)


async def _declare_silence_dead(client: PrefectClient) -> None:
    """Have a run whose process was killed end as Crashed, which it cannot say itself."""
    automation = AutomationCore(
        name="A run without a heartbeat has crashed",
        description="A killed process cannot report its end, so its run would stay Running.",
        trigger=EventTrigger(
            after={_HEARTBEAT},
            expect={_HEARTBEAT, *_ENDED},
            match={"prefect.resource.id": ["prefect.flow-run.*"]},  # pyright: ignore[reportArgumentType]
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=SILENCE_S),
        ),
        actions=[
            ChangeFlowRunState(name=None, state=StateType.CRASHED, message=_KILLED, force=True)
        ],
    )
    known = await client.read_automations_by_name(automation.name)
    if known:
        await client.update_automation(known[0].id, automation)
    else:
        await client.create_automation(automation)


async def _bury(client: PrefectClient) -> list[str]:
    """End the runs that were killed while no server was there to notice."""
    states = FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.CANCELLING])
    running = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=states))
    )
    since = datetime.now(UTC) - timedelta(seconds=SILENCE_S)
    dead = [run for run in running if not await _heard_of(client, run, since)]
    for run in dead:
        await client.set_flow_run_state(run.id, Crashed(message=_KILLED), force=True)
    return [f"{run.name} was killed: it is marked as crashed" for run in dead]


async def _heard_of(client: PrefectClient, run: FlowRun, since: datetime) -> bool:
    """Whether a run, which may be a command's beside us, is alive."""
    asked = {
        "filter": {
            "occurred": {"since": since.isoformat()},
            "event": {"name": [_HEARTBEAT]},
            "resource": {"id": [f"prefect.flow-run.{run.id}"]},
        },
        "limit": 1,
    }
    reply = await client.request("POST", "/events/filter", json=asked)
    return bool(reply.json()["events"])


async def _schedule_looks(client: PrefectClient, root: Path) -> list[str]:
    """Give the deployment `watch` one schedule per channel that asks for it, and no other.

    A schedule that is there stays untouched: with it go its overdue runs, one of which makes up
    for all looks that were missed.
    """
    deployment = await client.read_deployment_by_name("watch/watch")
    wanted = dict(_wanted(root))
    for known in await client.read_deployment_schedules(deployment.id):
        if known.slug in wanted and _same(known, wanted[known.slug]):
            del wanted[known.slug]
        else:
            await client.delete_deployment_schedule(deployment.id, known.id)
    if wanted:
        await client.create_deployment_schedules(deployment.id, list(wanted.values()))
    return [f"watching {channel}: {when}" for channel, when in sorted(_told(root).items())]


def _same(known: DeploymentSchedule, wanted: DeploymentScheduleCreate) -> bool:
    """Whether a schedule is the wanted one; when an interval was first counted does not matter."""

    def figures(one: DeploymentSchedule | DeploymentScheduleCreate) -> dict[str, Any]:
        return one.schedule.model_dump(exclude={"anchor_date"})

    return figures(known) == figures(wanted) and known.parameters == wanted.parameters


def _wanted(root: Path) -> Iterator[tuple[str, DeploymentScheduleCreate]]:
    for config, channel, watch in _watched(root):
        schedule = _schedule(watch, config)
        yield (
            channel,
            DeploymentScheduleCreate(
                schedule=schedule, slug=channel, parameters={"config": config}
            ),
        )


def _told(root: Path) -> dict[str, str]:
    return {
        channel: watch.cron or f"every {watch.interval_h:g} h"
        for _, channel, watch in _watched(root)
    }


def _watched(root: Path) -> Iterator[tuple[str, str, WatchSettings]]:
    """Config, channel and settings of those with a schedule; what cannot be read has none."""
    for path in channel_files(root):
        try:
            settings = load_settings(path)
        except ConfigError:  # said by the command that uses it
            continue
        if settings.watch.cron is not None or settings.watch.interval_h is not None:
            yield str(path.relative_to(root)), settings.channel.name, settings.watch


def _schedule(watch: WatchSettings, config: str) -> CronSchedule | IntervalSchedule:
    if watch.interval_h is not None:
        return IntervalSchedule(interval=timedelta(hours=watch.interval_h))
    try:
        return CronSchedule(cron=str(watch.cron), timezone=watch.timezone)
    except ValueError as error:
        raise ConfigError(f"{config}: watch.cron {watch.cron!r} is no schedule: {error}") from error
