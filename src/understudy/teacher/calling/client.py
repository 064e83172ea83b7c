"""The openai client and its connections."""

from __future__ import annotations

import httpx2
from openai import AsyncOpenAI, DefaultAioHttpClient

from understudy.settings import TeacherSettings
from understudy.teacher.calling.address import address_of, is_loopback, key_of


def open_http(settings: TeacherSettings) -> httpx2.AsyncClient:
    """Make the connections of a run, as many as calls may be in flight.

    Raises:
        TeacherSetupError: No address.
    """
    address = address_of(settings)
    limits = httpx2.Limits(
        max_connections=settings.max_concurrent + 4,
        max_keepalive_connections=settings.max_concurrent + 4,
    )
    encrypted = address.startswith("https:")
    return DefaultAioHttpClient(
        limits=limits,
        timeout=settings.timeout_s,
        # A proxy from the environment must not see calls to this machine.
        trust_env=not is_loopback(address),
        # Plain http needs no certificates (0.2 s to load), and is never led elsewhere.
        verify=encrypted,
        follow_redirects=encrypted,
    )


def open_client(settings: TeacherSettings, http: httpx2.AsyncClient | None = None) -> AsyncOpenAI:
    """Make the one client of a run. It never retries by itself: the engine does.

    Args:
        http: Connections to use; None for own ones.

    Raises:
        TeacherSetupError: No key, or no address.
    """
    return AsyncOpenAI(
        api_key=key_of(settings),
        base_url=address_of(settings),
        max_retries=0,
        timeout=settings.timeout_s,
        http_client=http or open_http(settings),
    )
