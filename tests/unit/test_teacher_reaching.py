"""A certificate nobody vouches for, a name nobody knows: real ones, through the real client."""

from __future__ import annotations

import ipaddress
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.teachers import make_settings, make_transcript, make_workspace
from understudy.errors import TeacherSetupError
from understudy.teacher.opening import open_openai_teacher

pytestmark = pytest.mark.anyio
ONCE = {"max_retries": 0, "timeout_s": 10}


def self_signed(folder) -> ssl.SSLContext:
    """What a server shows whose certificate its owner made."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@asynccontextmanager
async def asking(folder, address, mode):
    batch = {"poll_s": 1, "gather_s": 0, "max_requests": 9, "max_mb": 9}
    settings = make_settings(address, {"teacher": {**ONCE, "mode": mode, "batch": batch}})
    async with open_openai_teacher(settings, make_workspace(folder)) as teacher:
        with pytest.raises(TeacherSetupError) as caught:
            await teacher.write_questions(make_transcript(), count=2)
        yield str(caught.value)


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")


@pytest.mark.parametrize("mode", ["live", "batch"])
async def test_a_certificate_that_nobody_vouches_for_stops_the_run(tmp_path, mode):
    runner = web.AppRunner(web.Application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self_signed(tmp_path))
    await site.start()
    address = f"https://127.0.0.1:{runner.addresses[0][1]}/v1"
    async with asking(tmp_path, address, mode) as sentence:
        assert sentence.startswith(f"the certificate of {address} cannot be trusted: check ")
    await runner.cleanup()


@pytest.mark.parametrize("mode", ["live", "batch"])
async def test_a_name_that_nobody_knows_stops_the_run(tmp_path, mode):
    async with asking(tmp_path, "https://teacher.invalid/v1", mode) as sentence:
        assert sentence.startswith("the name in https://teacher.invalid/v1 cannot be resolved")
