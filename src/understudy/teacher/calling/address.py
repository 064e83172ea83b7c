"""Where the teacher is asked, and with which key: from the environment and nowhere else."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from understudy.errors import TeacherSetupError
from understudy.settings import TeacherSettings

OPENAI_ADDRESS = "https://api.openai.com/v1"
_NO_KEY = "none"
"""Sent to servers on this machine, which ask for none but get the header."""


def address_of(settings: TeacherSettings) -> str:
    """The endpoint as messages and the ledger name it, without user name or password.

    Raises:
        TeacherSetupError: It is no http address.
    """
    text = (settings.base_url or OPENAI_ADDRESS).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise TeacherSetupError(
            f"teacher.base_url {text!r} is no address: it should look like http://127.0.0.1:11434/v1"
        )
    if parts.username or parts.password:
        raise TeacherSetupError(
            "teacher.base_url holds a user name or password: take it out and put the key into the "
            f"environment variable {settings.api_key_env}"
        )
    return text


def key_of(settings: TeacherSettings, environment: Mapping[str, str] | None = None) -> str:
    """Read the key from the environment.

    Raises:
        TeacherSetupError: There is none and the server is not on this machine.
    """
    key = (os.environ if environment is None else environment).get(settings.api_key_env, "").strip()
    if key:
        return key
    if settings.base_url is not None and is_loopback(settings.base_url):
        return _NO_KEY
    raise TeacherSetupError(
        f"no key for the teacher {settings.model!r}: put it into the environment variable "
        f"{settings.api_key_env} (export {settings.api_key_env}=…), or set teacher.kind to offline, "
        "which needs none"
    )


def is_loopback(address: str) -> bool:
    """Whether an address names this machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
