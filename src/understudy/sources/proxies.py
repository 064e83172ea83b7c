"""Proxies as youtube-transcript-api offers them. Their secrets come from the environment."""

from __future__ import annotations

from collections.abc import Mapping

from youtube_transcript_api.proxies import GenericProxyConfig, WebshareProxyConfig

from understudy.errors import ConfigError
from understudy.settings import ProxySettings

URL = "UNDERSTUDY_PROXY_URL"
USERNAME = "WEBSHARE_PROXY_USERNAME"
PASSWORD = "WEBSHARE_PROXY_PASSWORD"  # noqa: S105  (the variable's name)

_SCHEMES = ("http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://")


def proxy_from(
    settings: ProxySettings, environment: Mapping[str, str]
) -> GenericProxyConfig | None:
    """Set up the proxy that the settings ask for, or none.

    Raises:
        ConfigError: A variable that it needs is not set, or holds no address. The message names
            the variable and never its value.
    """
    if settings.kind == "none":
        return None
    if settings.kind == "generic":
        url = _variable(URL, settings, environment)
        if not url.startswith(_SCHEMES):
            raise ConfigError(f"{URL} must begin with one of {', '.join(_SCHEMES)}")
        return GenericProxyConfig(http_url=url, https_url=url)
    return WebshareProxyConfig(
        proxy_username=_variable(USERNAME, settings, environment),
        proxy_password=_variable(PASSWORD, settings, environment),
        filter_ip_locations=list(settings.webshare_locations),
    )


def _variable(name: str, settings: ProxySettings, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise ConfigError(
            f"transcripts.proxy.kind is {settings.kind}, but the environment variable {name} is "
            "not set: set it, or set the kind to none"
        )
    return value
