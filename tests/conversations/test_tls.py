"""Framed TCP behind TLS, on a server of its own."""

import asyncio
import signal
import ssl
import struct
import warnings
from pathlib import Path

import pytest

from hubbub.operate.cluster.certificate import make_certificate
from hubbub.testing.server_process import PATIENCE, ServerProcess
from hubbub_conformance.conversation import Stage
from hubbub_conformance.wires import WIRES, Wire


@pytest.mark.parametrize("spoken", [WIRES["tcp+json"], WIRES["tcp+protobuf"]], ids=lambda each: each.name)
async def test_tls_is_one_setting_away(tmp_path: Path, spoken: Wire) -> None:
    pem, key = make_certificate(tmp_path)
    settings = {"HUBBUB_TCP_CERTIFICATE_FILE": str(pem), "HUBBUB_TCP_KEY_FILE": str(key)}
    (tmp_path / "data").mkdir()
    server = ServerProcess(tmp_path / "data", settings)
    server.start()
    stage = Stage(server, wire=spoken)
    try:
        alice = await stage.signs_up("alice")
        trusting = ssl.create_default_context(cafile=pem)
        connection = await alice.opens(tls=trusting)
        await connection.greets()
        await connection.asks("create_room", name="Behind a lock")
        await connection.leaves()
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await alice.opens(tls=outdated(pem))
        broken = await alice.opens(tls=trusting)
        await broken.socket.send_bytes(struct.pack(">4sHI", b"HUB1", 0x0909, 1))
        assert (await broken.next())["code"] == "protocol_error"
        await broken.is_closed(4502)
        waiting = await alice.opens(tls=trusting)
        await waiting.greets()
        server.signal(signal.SIGTERM)
        await waiting.is_closed(1012)
        assert server.wait() == 0
    finally:
        await stage.ends()
        if server.running:
            server.crash()


async def test_sighup_brings_the_next_certificate_and_no_connection_ends(tmp_path: Path) -> None:
    old, key = make_certificate(tmp_path)
    settings = {"HUBBUB_TCP_CERTIFICATE_FILE": str(old), "HUBBUB_TCP_KEY_FILE": str(key)}
    (tmp_path / "data").mkdir()
    server = ServerProcess(tmp_path / "data", settings)
    server.start()
    stage = Stage(server, wire=WIRES["tcp+json"])
    try:
        alice = await stage.signs_up("alice")
        trusting_the_old = ssl.create_default_context(cafile=old)
        before = await alice.opens(tls=trusting_the_old)
        await before.greets()
        make_certificate(tmp_path)
        server.signal(signal.SIGHUP)
        async with asyncio.timeout(PATIENCE):
            while not any("the certificate was read again" in line for line in server.log):
                await asyncio.sleep(0.01)
        with pytest.raises(ssl.SSLCertVerificationError):
            await alice.opens(tls=trusting_the_old)
        after = await alice.opens(tls=ssl.create_default_context(cafile=old))
        await after.greets()
        await before.asks("create_room", name="Still here")
        assert server.stop() == 0
    finally:
        await stage.ends()
        if server.running:
            server.crash()


def outdated(pem: Path) -> ssl.SSLContext:
    """A client that knows nothing newer than TLS 1.1."""
    context = ssl.create_default_context(cafile=pem)
    context.check_hostname = False
    with warnings.catch_warnings(action="ignore"):  # as it should
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    return context
