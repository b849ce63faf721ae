"""Prometheus and Alertmanager watch two nodes under load, sixty times as hurried as in earnest.

What the dashboards ask is answered; a database that takes no writes makes an alert fire, which is told and told to be over.
"""

import asyncio
import json
import math
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

import pytest
from tests.deploy.places import DEPLOY
from tests.services.alertmanager import SECRETS, Alertmanager
from tests.services.inbox import MAIL, Delivery, Inbox, opened
from tests.services.prometheus import WatchingPrometheus

from hubbub.operate.cluster.redis import Redis
from hubbub.operate.cluster.service import WITHIN, await_true, running
from hubbub.testing.server_process import ServerProcess
from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.http_requests import Unheard
from hubbub_conformance.raw_websocket import Ended
from hubbub_conformance.wires import WIRES
from tests.conftest import Servers

DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
MS = {"s": 1_000, "m": 60_000, "h": 3_600_000}
SETTINGS = {
    "HUBBUB_HEARTBEAT_MS": "2000",
    "HUBBUB_DATABASE_TIMEOUT_SECONDS": "0.5",
    "HUBBUB_LIMITS_SEND_PER_SECOND": "0",
    "HUBBUB_TRACE_ENDPOINT": "http://127.0.0.1:9/v1/traces",  # nobody takes them, but the measure leads to them
    "HUBBUB_TRACE_RATIO": "1",
}
NOT_HERE = re.compile(r"hubbub_(replica_|workers|worker_restarts|forecast_|certificate_)|ALERTS")
"""Of a copy of the database, a supervisor, a forecast, a certificate, and of alerts that fire: there are none of these here."""
PAUSE, OFTEN = 0.05, 20
TRACED = "delivery_latency_seconds_bucket"


def hurried(text: str) -> str:
    """Every time in it is a sixtieth."""
    return re.sub(r"\b(\d+)([smh])\b", lambda found: f"{int(found[1]) * MS[found[2]] // 60}ms", text)


@dataclass(frozen=True)
class Watch:
    """Two nodes, and who watches them."""

    nodes: list[ServerProcess]
    prometheus: WatchingPrometheus
    alertmanager: Alertmanager
    inbox: Inbox

    def ask(self, promql: str) -> list[float]:
        """The values of a query now."""
        answer = asked(f"{self.prometheus.url}/api/v1/query?{urlencode({'query': promql})}")
        return [float(each["value"][1]) for each in answer["data"]["result"]]

    def exemplars(self, selector: str) -> list[str]:
        """The traces that the series of the last minutes lead to."""
        now = time()
        asking = urlencode({"query": selector, "start": now - 300, "end": now + 60})
        series = asked(f"{self.prometheus.url}/api/v1/query_exemplars?{asking}")["data"]
        return [found["labels"]["trace_id"] for each in series for found in each["exemplars"]]

    def alerts(self) -> dict[str, str]:
        """The state in Alertmanager of each alert, by its name."""
        return {
            each["labels"]["alertname"]: each["status"]["state"]
            for each in asked(f"{self.alertmanager.url}/api/v2/alerts")
        }


def asked(url: str) -> Any:  # noqa: ANN401 - JSON
    with urlopen(url, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def watch(redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    servers = Servers(lambda: tmp_path_factory.mktemp("node"), redis.url)
    nodes = servers.get(SETTINGS)
    try:
        with opened() as inbox:
            yield from watching(nodes, inbox)
    finally:
        servers.stop()


def watching(nodes: list[ServerProcess], inbox: Inbox) -> Iterator[Watch]:
    here = {
        "http://127.0.0.1:9094": inbox.url,
        "https://qyapi.weixin.qq.com": inbox.url,
        "smtp.example.org:587": f"{inbox.mail}\n  smtp_require_tls: false",
    }
    times = {line: hurried(line) for line in ("group_wait: 30s", "group_interval: 5m")}
    with running(Alertmanager(here | times)) as alertmanager:
        rules = hurried((DEPLOY / "prometheus" / "hubbub.rules.yaml").read_text())
        targets = [each.internal.removeprefix("http://") for each in nodes]
        with running(WatchingPrometheus(rules, targets, alertmanager.port)) as prometheus:
            yield Watch(nodes, prometheus, alertmanager, inbox)


@asynccontextmanager
async def talk(nodes: list[ServerProcess]) -> AsyncIterator[None]:
    """People on both nodes and two wires talk all the time, come back, are refused; two are silent and answer pings."""
    stage = Stage(*nodes)
    alice, bob = await stage.people("alice", "bob")
    room = await stage.room(alice, bob)
    stage.wire = WIRES["tcp+protobuf"]
    silent = await stage.people("carol", "dave")
    stage.wire = WIRES["websocket+json"]
    busy = [asyncio.create_task(each) for each in (say_on(alice, bob, room), *map(listen, silent))]
    try:
        yield
    finally:
        broken = [each.exception() for each in busy if each.done()]
        for each in busy:
            each.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        await stage.ends()
    assert broken == []


async def say_on(alice: Connection, bob: Connection, room: str) -> None:
    """What is refused while the database is away is let be."""
    head = 1
    for number in count():
        message = {"msg_type": "group", "to": room, "content": "x", "msg_id": str(number)}
        with suppress(Unheard):
            head = (await alice.asks("send", **message))["seq"]
            await bob.eventually_hears("message", seq=head)
        if number % OFTEN == 0:
            await come_back(bob, room, head)
        await bob.catches_up()
        await asyncio.sleep(PAUSE)


async def come_back(person: Connection, room: str, head: int) -> None:
    with suppress(Unheard, Ended):
        back = await person.person.connects(cursors={room: head - 1}, epoch=person.welcome["epoch"])
        await back.asks("history", chat=room)
        await back.is_refused("not_found", "history", chat="nowhere")
        await back.leaves()


async def listen(person: Connection) -> None:
    while True:
        with suppress(Unheard):
            await person.next()


# ── the dashboards ──────────────────────────────────────────────────────────────────────────────────────────────


def queries() -> dict[str, str]:
    """Every query of every panel, with its variables filled in, by where it stands."""
    return {
        f"{path.stem}: {panel['title']}: {target['refId']}": filled_in(target["expr"])
        for path in DASHBOARDS
        for panel in json.loads(path.read_text())["panels"]
        for target in panel["targets"]
    }


def filled_in(expr: str) -> str:
    return expr.replace("$__rate_interval", "10s").replace("$namespace", ".*").replace("$node", ".*")


async def test_every_query_of_every_panel_is_answered(watch: Watch) -> None:
    wanted = {where: expr for where, expr in queries().items() if not NOT_HERE.search(expr)}
    async with talk(watch.nodes):
        async with asyncio.timeout(WITHIN):
            while wanted:
                await asyncio.sleep(0.5)
                answers = {where: await asyncio.to_thread(watch.ask, expr) for where, expr in wanted.items()}
                wanted = {where: wanted[where] for where, values in answers.items() if not is_said(values)}


def is_said(values: list[float]) -> bool:
    """A percentile of nothing is NaN."""
    return any(not math.isnan(value) for value in values)


def test_what_is_not_here_is_understood_at_least(watch: Watch) -> None:
    """A query that Prometheus cannot read is answered with status 400."""
    for expr in queries().values():
        if NOT_HERE.search(expr):
            watch.ask(expr)


async def test_a_latency_leads_to_a_trace(watch: Watch) -> None:
    """On the panels that Grafana asks exemplars for."""
    traced = {
        target["expr"].partition("hubbub_")[2].partition("{")[0]
        for path in DASHBOARDS
        for panel in json.loads(path.read_text())["panels"]
        for target in panel["targets"]
        if target["exemplar"]
    }
    assert traced == {TRACED}
    async with talk(watch.nodes), asyncio.timeout(WITHIN):
        while not (found := await asyncio.to_thread(watch.exemplars, f"hubbub_{TRACED}")):
            await asyncio.sleep(0.5)
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in found)


# ── an alert ────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def taken(database: Path) -> Iterator[None]:
    """Somebody else holds the database's write lock."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


def says(path: str, alert: str, status: str) -> Callable[[Delivery], bool]:
    """A delivery to this path that tells of an alert of this name in this state."""

    def wanted(delivery: Delivery) -> bool:
        alerts = delivery.body.get("alerts", ()) if delivery.path == path else ()
        return any((each["labels"]["alertname"], each["status"]) == (alert, status) for each in alerts)

    return wanted


async def test_a_database_that_takes_no_writes_is_told_and_told_to_be_over(watch: Watch) -> None:
    told = partial(asyncio.to_thread, watch.inbox.wait_for)
    alert = "HubbubDatabaseTakesNoWrites"
    async with talk(watch.nodes):
        with taken(watch.nodes[0].database):
            fired = await told(says("/alerts", alert, "firing"))
            wecom = await told(lambda each: each.path.startswith("/cgi-bin/message/send"))
            await asyncio.to_thread(
                await_true,
                lambda: watch.alerts().get("HubbubErrors") == "suppressed",
                lambda: str(watch.alerts()),
            )
        over = await told(says("/alerts", alert, "resolved"))
    assert fired.authorization == f"Bearer {SECRETS['webhook_token']}"
    assert fired.body["commonLabels"]["severity"] == "critical"
    assert "its users are answered" in fired.body["alerts"][0]["annotations"]["summary"]
    assert over.body["alerts"][0]["endsAt"] > fired.body["alerts"][0]["startsAt"]
    token = watch.inbox.wait_for(lambda each: each.path.startswith("/cgi-bin/gettoken"))
    assert parse_qs(urlsplit(token.path).query)["corpsecret"] == [SECRETS["wecom_secret"]]
    assert "cannot commit" in wecom.body["markdown"]["content"]
    mail = watch.inbox.wait_for(lambda each: each.path == MAIL)
    assert mail.authorization == SECRETS["smtp_password"]
    assert f"Subject: [firing] {alert}" in mail.body
    assert "cannot commit" in mail.body
