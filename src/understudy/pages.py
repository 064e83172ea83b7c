"""What our pages share: one palette, and policies that name their own style and script alone."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, StrictUndefined


def page_environment() -> Environment:
    """Templates that escape everything, and stumble over a name that is not there."""
    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def resource(package: str, name: str) -> str:
    """Text of a file that lies beside a package's code."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def palette() -> str:
    """Colours of both schemes as custom properties, first in every page's style."""
    return resource("understudy", "palette.css")


def source_digest(text: str) -> str:
    """Name an inline style or script in a Content-Security-Policy: only this very text applies."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
