"""The proxies of deploy/proxy, run as they stand, but for names, ports and paths that only exist where they are deployed."""

import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.deploy.programs import DEPLOY, program

from hubbub.testing.server_process import ServerProcess

PATIENCE = 20.0  # seconds


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        number: int = sock.getsockname()[1]
        return number


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


class Proxy:
    """One running proxy; `secure` is its TLS port, `plain` the one that only redirects."""

    def __init__(self, kind: str, folder: Path, nodes: tuple[ServerProcess, ServerProcess]) -> None:
        self.kind, self.folder = kind, folder
        self.plain, self.secure = free_port(), free_port()
        certify(folder)
        self._command = getattr(self, f"_{kind}")(nodes)

    def _nginx(self, nodes: tuple[ServerProcess, ServerProcess]) -> list[str]:
        places = {
            "/etc/hubbub/tls/": f"{self.folder}/",
            "/tmp/nginx.pid": f"{self.folder}/nginx.pid",
            "/dev/stdout": f"{self.folder}/access.log",
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.secure} ssl;",
            "worker_processes auto;": "worker_processes 1;",
        } | {f"hubbub-{n}:8080": f"127.0.0.1:{node.port}" for n, node in enumerate(nodes, 1)}
        config = self.folder / "nginx.conf"
        config.write_text(here((DEPLOY / "proxy" / "nginx.conf").read_text(), places))
        return [
            program("nginx"),
            "-p",
            str(self.folder),
            "-c",
            str(config),
            "-e",
            str(self.folder / "error.log"),
        ]

    def _haproxy(self, nodes: tuple[ServerProcess, ServerProcess]) -> list[str]:
        places = {
            "/etc/hubbub/tls/": f"{self.folder}/",
            "bind :80\n": f"bind 127.0.0.1:{self.plain}\n",
            "bind :443 ": f"bind 127.0.0.1:{self.secure} ",
            "check port 8081 inter 1s": "check inter 100ms",
            "maxconn 100000": "maxconn 1000",
        }
        for n, node in enumerate(nodes, 1):
            internal = urlsplit(node.internal)
            places[f"hubbub-{n}:8080"] = f"127.0.0.1:{node.port} port {internal.port}"
        config = self.folder / "haproxy.cfg"
        config.write_text(here((DEPLOY / "proxy" / "haproxy.cfg").read_text(), places))
        return [program("haproxy"), "-f", str(config)]

    def check(self) -> subprocess.CompletedProcess[str]:
        """What the proxy's own check says."""
        flag = {"nginx": "-t", "haproxy": "-c"}[self.kind]
        return subprocess.run([*self._command, flag], capture_output=True, text=True, check=False)

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        foreground = {"nginx": ["-g", "daemon off;"], "haproxy": ["-db"]}[self.kind]
        with (self.folder / "proxy.log").open("w") as log:
            process = subprocess.Popen([*self._command, *foreground], stdout=log, stderr=log)
        try:
            self._await_listening(process)
            yield self
        finally:
            process.terminate()
            process.wait(PATIENCE)

    def _await_listening(self, process: "subprocess.Popen[bytes]") -> None:
        until = monotonic() + PATIENCE
        while monotonic() < until and process.poll() is None:
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", self.secure)) == 0:
                    return
            sleep(0.02)
        raise RuntimeError((self.folder / "proxy.log").read_text())
