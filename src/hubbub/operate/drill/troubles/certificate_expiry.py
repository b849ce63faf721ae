"""The certificate of framed TCP runs out, is replaced, and read again at SIGHUP."""

import datetime as dt
import signal
import ssl
from pathlib import Path

from hubbub.operate.cluster.certificate import make_certificate
from hubbub.operate.cluster.ports import free_port
from hubbub.operate.cluster.server import Server, sign_up, until
from hubbub.operate.drill.line import Line
from hubbub.operate.drill.network import now
from hubbub.operate.drill.scene import Scene

AGE, LEFT = dt.timedelta(hours=1), dt.timedelta(seconds=20)


async def run(scene: Scene) -> None:
    """A connection made before goes on through all of it."""
    await scene.start_services()
    pem, key = make_certificate(scene.folder, AGE, LEFT)
    made = now()
    port = free_port()
    node = scene.add_node(
        {
            "HUBBUB_TCP_PORT": str(port),
            "HUBBUB_TCP_CERTIFICATE_FILE": str(pem),
            "HUBBUB_TCP_KEY_FILE": str(key),
        }
    )
    await scene.open()
    token = await sign_up(node, "by-tcp")
    old = ssl.create_default_context(cafile=pem)
    line = await Line.opened(port, token, old)
    warned = node.lines("expires soon")
    scene.expect(
        "a warning ahead", f"{len(warned)} in the log: the certificate expires soon", passed=bool(warned)
    )
    ends = await scene.metric(node, "hubbub_certificate_ends_timestamp_seconds")
    left = ends - dt.datetime.now(dt.UTC).timestamp()
    scene.expect("the metric says when", f"in {left:.0f} s", passed=0 < left < LEFT.total_seconds())
    await scene.talk(
        "the certificate is about to expire", max(0.0, LEFT.total_seconds() + 1 - (now() - made))
    )
    scene.tell("the certificate has expired")
    refused = await _is_refused(port, old, token)
    scene.expect(
        "new connections are refused by their clients", refused or "let in", passed="expired" in refused
    )
    await _replace(scene, node, pem)
    fresh = await Line.opened(port, token, ssl.create_default_context(cafile=pem))
    answers = [await each.ping() for each in (line, fresh)]
    scene.expect(
        "after SIGHUP new connections get the new one", f"answered {answers[1]}", passed=answers[1] == "pong"
    )
    scene.expect(
        "the connection made before never noticed", f"answered {answers[0]}", passed=answers[0] == "pong"
    )
    line.close()
    fresh.close()
    await scene.judge()


async def _replace(scene: Scene, node: Server, pem: Path) -> None:
    make_certificate(pem.parent)
    node.send(signal.SIGHUP)
    scene.tell("another certificate lies there; SIGHUP")
    await until(lambda: node.lines("the certificate was read again"), "read again")


async def _is_refused(port: int, context: ssl.SSLContext, token: str) -> str:
    try:
        (await Line.opened(port, token, context)).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return ""
