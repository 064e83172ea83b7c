"""Look at a channel, and have the pipeline work on the videos that are new there."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.frame import Result, result_of, say
from flows.starting import announce, drop_missed, start_pipeline, unfinished_pipeline
from tasks.project import NOTHING, ConfigFile, Project, open_project
from tasks.watch import News, look, mark_tried
from understudy.errors import BusyError
from understudy.settings import Overrides


@flow(name="watch", flow_run_name="watch · {config}", persist_result=False)
async def watch(
    config: ConfigFile = "config/jason_fung.yaml",
    overrides: Overrides = NOTHING,
    directly: bool = False,  # noqa: FBT001, FBT002  (a parameter of the form)
) -> State[Result]:
    """Look for new videos of a channel, and have the pipeline work on just those.

    A video that was not known is announced by an event, on which an automation starts the
    pipeline. Events get lost: what an earlier look announced and no run has finished since is
    started without one.

    Args:
        config: The channel's settings, relative to the project.
        overrides: Settings to change for this run; what stays empty is taken from the file.
        directly: Run the pipeline in this very run, and neither announce nor start anything.

    Raises:
        SourceError: Neither the feed nor the listing came through.
        ConfigError: There is nothing that could be watched.
    """
    project = open_project(config, overrides)
    await drop_missed(project.config)
    try:
        news = await look(project)
        running = None if directly else await unfinished_pipeline(project.config)
        wanted = () if running else (*news.turn.new, *news.turn.again)
        mark_tried(project.workspace, wanted)
    except BusyError as error:
        return _ended(f"did not look: {error}")
    if running and (news.turn.new or news.turn.again):
        return _ended(f"{_found(news)}; they wait for the end of the run {running!r}", news)
    if not wanted:
        return _ended(_nothing(news), news)
    if directly:
        return await _work(project, news, overrides)
    return await _hand_over(project, news, _parameters(project, overrides))


async def _work(project: Project, news: News, overrides: Overrides) -> State[Result]:
    """Run the pipeline here."""
    from flows.pipeline import pipeline  # seconds of imports that a look without news is spared

    say(_found(news))
    wanted = [*news.turn.new, *news.turn.again]
    rows = project.settings.watch.retrain_after
    ended = await pipeline(project.config, overrides, videos=wanted, new_rows=rows)
    return Completed(message=_found(news), data=result_of(ended))


async def _hand_over(project: Project, news: News, parameters: dict[str, Any]) -> State[Result]:
    """Announce what is new, and start what was announced before."""
    if news.turn.new:
        announce(project.workspace.channel, {**parameters, "videos": list(news.turn.new)})
    if news.turn.again:
        await start_pipeline({**parameters, "videos": list(news.turn.again)})
    return _ended(_found(news), news)


def _parameters(project: Project, overrides: Overrides) -> dict[str, Any]:
    """What every run of the pipeline for this channel is given."""
    return {
        "config": project.config,
        "overrides": overrides.model_dump(mode="json"),
        "new_rows": project.settings.watch.retrain_after,
    }


def _ended(message: str, news: News | None = None) -> State[Result]:
    say(message)
    accounts = (news.account,) if news else ()
    return Completed(message=message, data=Result(accounts=accounts, files={}))


def _found(news: News) -> str:
    turn = news.turn
    parts = [f"{len(turn.new)} new: {_some(turn.new)}"] if turn.new else []
    parts += [f"{len(turn.again)} from earlier: {_some(turn.again)}"] if turn.again else []
    return "; ".join([*parts, *_left(news)])


def _nothing(news: News) -> str:
    return "; ".join([f"no new videos among {news.known}, by the {news.by}", *_left(news)])


def _left(news: News) -> list[str]:
    """What a person has to look at."""
    if not (ids := news.turn.given_up):
        return []
    return [
        f"{len(ids)} tried watch.max_tries times: {_some(ids)}; `understudy pipeline` tries again"
    ]


def _some(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:5]) + (" …" if len(ids) > 5 else "")
