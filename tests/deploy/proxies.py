"""The proxies of deploy/proxy, run as they stand, but for names, ports and paths that only exist where they are deployed."""

import json
import socket
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.deploy.places import DEPLOY

from hubbub.operate.cluster.ports import free_port
from hubbub.operate.cluster.service import Service, find_program
from hubbub.testing.server_process import ServerProcess

STREAM = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;"  # of Debian's libnginx-mod-stream

Nodes = tuple[ServerProcess, ServerProcess]


def certify(folder: Path) -> None:
    """A certificate of our own for localhost, in the files that the two proxies ask for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "tls.crt").write_bytes(pem)
    (folder / "tls.key").write_bytes(secret)
    (folder / "hubbub.pem").write_bytes(pem + secret)


def here(config: str, places: Mapping[str, str]) -> str:
    """The configuration with each deployed place put here; one that is not there any more fails the test."""
    for deployed, local in places.items():
        assert deployed in config, f"{deployed} is not in the configuration"
        config = config.replace(deployed, local)
    return config


def framed_port(node: ServerProcess) -> int:
    """Where a node listens for framed TCP, as it said at its start."""
    said = next(line for line in map(json.loads, node.log) if line["message"] == "serving")
    return int(said["tcp"].rpartition(":")[2])


def health_port(node: ServerProcess) -> int:
    """Its internal port."""
    return urlsplit(node.internal).port or 0


class Proxy(Service):
    """`port` speaks TLS, `plain` only redirects, `framed` passes framed TCP on."""

    def __init__(self, nodes: Nodes) -> None:
        self.plain, self.framed = free_port(), free_port()
        self._nodes = nodes
        super().__init__()

    @property
    @abstractmethod
    def config(self) -> str:
        """The name of its configuration in deploy/proxy."""

    @abstractmethod
    def places(self) -> Mapping[str, str]:
        """What stands in the configuration, and what is here instead."""

    @abstractmethod
    def check(self) -> str:
        """What its own check of the configuration says."""

    def numbered(self, port: int, ports: Iterable[object]) -> Mapping[str, str]:
        """The nodes' names with a port of theirs, and where they are here."""
        return {f"hubbub-{n}:{port}": f"127.0.0.1:{here}" for n, here in enumerate(ports, 1)}

    def prepare(self) -> None:
        certify(self.folder)
        (self.folder / "tls.key").chmod(0o644)  # nginx reads it as www-data
        deployed = (DEPLOY / "proxy" / self.config).read_text()
        shared = {"/etc/hubbub/tls/": f"{self.folder}/"}
        (self.folder / self.config).write_text(here(deployed, shared | dict(self.places())))

    def answers(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def discard(self) -> None:
        """In order: killed, nginx leaves its workers behind."""
        self.stop()
        super().discard()


class Nginx(Proxy):
    """nginx, in the foreground, with one worker."""

    account = "www-data"
    config = "nginx.conf"

    def places(self) -> Mapping[str, str]:
        return {
            "/tmp/nginx.pid": f"{self.folder}/nginx.pid",
            "/dev/stdout": f"{self.folder}/access.log",
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "listen 8090;": f"listen 127.0.0.1:{self.framed};",
            "worker_processes auto;": f"worker_processes 1; {STREAM}",
            **self.numbered(8080, (node.port for node in self._nodes)),
            **self.numbered(8090, map(framed_port, self._nodes)),
        }

    def command(self) -> Sequence[str]:
        return [*self._nginx(), "-g", "daemon off;"]

    def check(self) -> str:
        return self.run(*self._nginx(), "-t", "-q")

    def _nginx(self) -> Sequence[str]:
        return [find_program("nginx"), "-p", str(self.folder), "-c", self.config, "-e", "error.log"]


class Haproxy(Proxy):
    """HAProxy, in the foreground; it asks the nodes for their health ten times as often as deployed."""

    account = "haproxy"
    config = "haproxy.cfg"

    def places(self) -> Mapping[str, str]:
        return {
            "bind :80\n": f"bind 127.0.0.1:{self.plain}\n",
            "bind :443 ": f"bind 127.0.0.1:{self.port} ",
            "bind :8090\n": f"bind 127.0.0.1:{self.framed}\n",
            "check port 8081 inter 1s": "check inter 100ms",
            "timeout check 2s": "timeout check 20s",  # on a busy machine
            "maxconn 100000": "maxconn 1000",
            **self.numbered(8080, (f"{node.port} port {health_port(node)}" for node in self._nodes)),
            **self.numbered(8090, (f"{framed_port(node)} port {health_port(node)}" for node in self._nodes)),
        }

    def command(self) -> Sequence[str]:
        return [find_program("haproxy"), "-db", "-f", self.config]

    def check(self) -> str:
        return self.run(*self.command(), "-c", "-q")
