"""The SDK behind TLS."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sdk.conftest import PASSWORD

from hubbub.operate.cluster.certificate import make_certificate
from hubbub.testing.server_process import ServerProcess
from hubbub_client import Stopped
from hubbub_client.sync import Client
from hubbub_client.wire.codecs import CodecName


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    (tmp_path / "server").mkdir()
    certificate, key = make_certificate(tmp_path)
    settings = {"HUBBUB_TCP_CERTIFICATE_FILE": str(certificate), "HUBBUB_TCP_KEY_FILE": str(key)}
    running = ServerProcess(tmp_path / "server", settings)
    running.start()
    yield running
    running.crash()


@pytest.mark.parametrize("codec", ["json", "protobuf"])
def test_an_authority_of_ones_own_is_named_and_then_trusted(
    server: ServerProcess, tmp_path: Path, codec: CodecName
) -> None:
    trusted = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
    with Client(f"tls://{server.tcp}", codec=codec, api=server.root, tls=trusted) as alice:
        alice.sign_up("alice", PASSWORD)
        room = alice.create_room("Behind a lock")
        assert alice.send(room.chat, "hello").seq == room.seq + 1


def test_whose_certificate_nobody_vouches_for_is_not_talked_to(server: ServerProcess) -> None:
    with (
        Client(f"tls://{server.tcp}", api=server.root, max_attempts=1) as alice,
        pytest.raises(Stopped, match="certificate verify failed"),
    ):
        alice.sign_up("alice", PASSWORD)
