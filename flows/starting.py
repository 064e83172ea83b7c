"""How a look has the pipeline started: by an event, or, where one got lost, by a run of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.context import FlowRunContext
from prefect.deployments import arun_deployment
from prefect.events import emit_event
from prefect.states import Cancelled

ONE_NEW, ALL_NEW = "understudy.video.new", "understudy.videos.new"
PIPELINE = "pipeline/pipeline"

_UNFINISHED = [
    StateType.SCHEDULED,
    StateType.PENDING,
    StateType.RUNNING,
    StateType.PAUSED,
    StateType.CANCELLING,
]


def announce(channel: str, parameters: Mapping[str, Any]) -> None:
    """Emit an event per new video, and one for all of them, which the automation waits for.

    Args:
        parameters: Of the pipeline; `videos` are the new ones.
    """
    resource = {
        "prefect.resource.id": f"understudy.channel.{channel}",
        "prefect.resource.name": channel,
    }
    for video_id in parameters["videos"]:
        named = {"prefect.resource.id": f"understudy.video.{video_id}"}
        related = [{**resource, "prefect.resource.role": "channel"}]
        emit_event(ONE_NEW, named, related=related, payload={"video_id": video_id})
    emit_event(ALL_NEW, resource, payload=dict(parameters))


async def start_pipeline(parameters: Mapping[str, Any]) -> None:
    """Have a worker run the pipeline, and do not wait for it."""
    await arun_deployment(PIPELINE, parameters=dict(parameters), timeout=0, as_subflow=False)


async def unfinished_pipeline(config: str) -> str | None:
    """Name a run of the pipeline with this config that is waiting or at work, if there is one."""
    async with get_client() as client:
        runs = await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[PIPELINE.partition("/")[0]])),
            deployment_filter=DeploymentFilter(
                name=DeploymentFilterName(any_=[PIPELINE.rpartition("/")[2]])
            ),
            flow_run_filter=FlowRunFilter(state=_in(_UNFINISHED)),
        )
    return next((run.name for run in runs if _config_of(run) == config), None)


async def drop_missed(config: str) -> int:
    """Cancel what else of this schedule is overdue: one look sees all that was missed.

    Returns:
        How many runs that were.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is None or run.deployment_id is None:
        return 0
    async with get_client() as client:
        late = await client.read_flow_runs(
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[run.deployment_id])),
            flow_run_filter=FlowRunFilter(
                state=_in([StateType.SCHEDULED]),
                expected_start_time=FlowRunFilterExpectedStartTime(before_=run.start_time),
            ),
        )
        missed = [one for one in late if one.id != run.id and _config_of(one) == config]
        for one in missed:
            message = f"missed while nothing ran; {run.name} looked for all of them"
            await client.set_flow_run_state(one.id, Cancelled(name="Missed", message=message))
    return len(missed)


def _in(types: list[StateType]) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=types))


def _config_of(run: FlowRun) -> str | None:
    """The config that a run was given; None for one that takes its deployment's."""
    return run.parameters.get("config")
