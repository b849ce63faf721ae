"""The proxies of deploy/proxy, run as they stand, but for names, ports and paths that only exist where they are deployed."""

import socket
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.deploy.places import DEPLOY
from tests.services.service import Service, find_program, free_port

from hubbub.testing.server_process import ServerProcess

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


class Proxy(Service):
    """`port` speaks TLS, `plain` only redirects."""

    def __init__(self, nodes: Nodes) -> None:
        self.plain = free_port()
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

    def prepare(self) -> None:
        certify(self.folder)
        (self.folder / "tls.key").chmod(0o644)  # nginx reads it as www-data
        deployed = (DEPLOY / "proxy" / self.config).read_text()
        shared = {"/etc/hubbub/tls/": f"{self.folder}/"}
        (self.folder / self.config).write_text(here(deployed, shared | dict(self.places())))

    def answers(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0


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
            "worker_processes auto;": "worker_processes 1;",
        } | {f"hubbub-{n}:8080": f"127.0.0.1:{node.port}" for n, node in enumerate(self._nodes, 1)}

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
        health = {
            f"hubbub-{n}:8080": f"127.0.0.1:{node.port} port {urlsplit(node.internal).port}"
            for n, node in enumerate(self._nodes, 1)
        }
        return health | {
            "bind :80\n": f"bind 127.0.0.1:{self.plain}\n",
            "bind :443 ": f"bind 127.0.0.1:{self.port} ",
            "check port 8081 inter 1s": "check inter 100ms",
            "maxconn 100000": "maxconn 1000",
        }

    def command(self) -> Sequence[str]:
        return [find_program("haproxy"), "-db", "-f", self.config]

    def check(self) -> str:
        return self.run(*self.command(), "-c", "-q")

    def discard(self) -> None:
        self.stop()  # it takes SIGQUIT for a question
        super().discard()
