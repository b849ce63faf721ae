"""As many connections as the machine holds, up to a million: both ends, every one authenticated, in a room, resumable.

Workers of one server share one port; holders (processes of the crowd) connect from many loopback addresses. When all are
there, messages are sent on schedule, from ever other connections, and a thousandth leaves and comes back: each must get
exactly what it missed. With `--redis` the workers ask a Redis of their own who is where; without it every one of them
remembers all who are connected (some 100 bytes each), which fifty workers pay fifty times. A row of the table is written every `--every` seconds, to the record too if one is kept, so that
a run that breaks has told how far it came. What the kernel has to allow is asked first.
"""

import argparse
import math
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from crowd.board import percentile
from crowd.dealing import deal_by_address
from crowd.holder import PER_ADDRESS
from crowd.holders import holders
from crowd.minutes import MIB, Look, Minutes
from crowd.needs import SPARE, available, needs, open_files
from load.report import Report, Steps, options, steps, work_folder
from load.server import serving
from load.world import Room, build, room_id

from hubbub.operate.cluster.redis import Redis
from hubbub.operate.cluster.service import running

FILES = 20_000
SPARE_FILES = 200  # of a process, beside its connections
DEVIATIONS = 5  # the kernel deals connections out at random: so far above the mean no worker ever comes
WORKER_SECONDS = 10.0  # to start one, on a machine that starts fifty
LOOK_SECONDS = 0.5
AWAY_SECONDS = 10.0  # of talk while some are away


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--connections", type=int, default=20_000)
    parser.add_argument(
        "--files", type=int, default=min(FILES, open_files()), help="open files of one process"
    )
    parser.add_argument(
        "--deal", choices=("random", "address"), default="random", help="by what a worker gets a connection"
    )
    parser.add_argument(
        "--redis", action="store_true", help="presence in a Redis, counted as a part of the server"
    )
    parser.add_argument("--members", type=int, default=10, help="members of each room; everybody is in one")
    parser.add_argument(
        "--crowd", type=int, default=200, help="members of the largest room that is told who comes and goes"
    )
    parser.add_argument("--heartbeat", type=float, default=30.0, help="seconds of silence until a ping")
    parser.add_argument("--messages", type=float, default=100.0, help="messages a second, once all are there")
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds of talk")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two rows")
    parser.add_argument("--limit", type=float, default=3_000.0, help="seconds for connecting, at most")
    parser.add_argument("--anyway", action="store_true", help="try although the machine does not allow it")
    asked = parser.parse_args()
    if asked.files < PER_ADDRESS + SPARE_FILES:
        parser.error(f"--files: {PER_ADDRESS + SPARE_FILES} at the least")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended all the same
    if not _is_allowed(asked):
        raise SystemExit(2)
    with work_folder() as data, steps() as progress:
        report = run(asked, data, progress)
    report.tell(as_json=asked.json, record=asked.record)


def workers_for(connections: int, files: int, deal: str) -> int:
    """So many that no worker is dealt more connections than it may have open files; two at least, one a core."""
    workers = 2
    while _most(connections, workers, deal) + SPARE_FILES > files:
        workers += 1
    return workers


def _most(connections: int, workers: int, deal: str) -> float:
    """The connections of the worker that has most."""
    if deal == "address":
        return math.ceil(math.ceil(connections / PER_ADDRESS) / workers) * PER_ADDRESS
    mean = connections / workers
    return mean + DEVIATIONS * math.sqrt(mean)


def _is_allowed(asked: argparse.Namespace) -> bool:
    """Say what the machine allows; whether that is enough."""
    workers = workers_for(asked.connections, asked.files, asked.deal)
    found = list(needs(asked.connections, workers, asked.files, PER_ADDRESS))
    for need in found:
        print(need, file=sys.stderr)
    return asked.anyway or all(need.met for need in found)


def rooms_of(connections: int, members: int) -> list[Room]:
    """Everybody in one room; its members are far apart, so they are on different workers and in different holders."""
    count = max(1, connections // members)
    return [Room(room_id(each), range(each, connections, count)) for each in range(count)]


def run(asked: argparse.Namespace, data: Path, progress: Steps) -> Report:
    """Measure."""
    workers = workers_for(asked.connections, asked.files, asked.deal)
    bar = progress.step("users, rooms, members", 1)
    rooms = rooms_of(asked.connections, asked.members)
    build(data / "server", asked.connections, rooms)
    bar.to(1)
    settings = {
        "HUBBUB_WORKERS": str(workers),
        "HUBBUB_HEARTBEAT_MS": str(int(asked.heartbeat * 1000)),
        "HUBBUB_LIMITS_CROWD": str(asked.crowd),
        "HUBBUB_DATABASE_POOL_SIZE": "1",
        "HUBBUB_DATABASE_MAX_OVERFLOW": "1",
        "HUBBUB_CACHE_CHATS": "1000",
        "HUBBUB_LOG_LEVEL": "info",
    }
    share = asked.files - SPARE_FILES
    with ExitStack() as stack:
        bar = progress.step(f"{workers} workers", 1)
        beside: list[int] = []
        if asked.redis:
            redis = stack.enter_context(running(Redis()))
            settings["HUBBUB_REDIS"] = redis.url
            beside.append(redis.pid)
        server = stack.enter_context(serving(data / "server", settings, workers * WORKER_SECONDS))
        if asked.deal == "address":
            deal_by_address(server.pid, server.port, workers)
        crowd = stack.enter_context(holders(data, server.port, asked.connections, share, len(rooms)))
        bar.to(1)
        report = _report(asked, workers, len(crowd.pids))
        return Run(asked, Minutes(server, crowd, sys.stderr, beside), report, progress).whole()


class Run:
    """One run, phase by phase."""

    def __init__(self, asked: argparse.Namespace, minutes: Minutes, report: Report, progress: Steps) -> None:
        self._asked = asked
        self._server = minutes.server
        self._crowd = minutes.holders
        self._report = report
        self._progress = progress
        self._minutes = minutes
        self._report.series = self._minutes.rows
        self._next = time.monotonic() + asked.every

    def whole(self) -> Report:
        """Every phase. What was found is kept, also where one of them breaks off."""
        try:
            self._phases()
        except RuntimeError as error:
            self._report.notes.append(f"broke off: {error}")
            raise
        finally:
            if self._asked.record:
                self._report.keep()
        return self._report

    def _phases(self) -> None:
        """Connect, beat, talk, leave and come back."""
        look = self._minutes.look
        begun = look()
        self._connect()
        there = look()
        self._beat()
        beaten, full = look(), self._row()
        self._talk()
        self._quiet()
        talked = look()
        self._come_back(max(len(self._crowd.pids), there.totals["open"] // 1_000))
        self._row()
        self._tell(begun, there, beaten, talked, full)

    def _connect(self) -> None:
        """Until all are there, memory gets scarce, or the time is over."""
        bar = self._progress.step("connecting", self._asked.connections)
        begun = time.monotonic()
        while (there := self._crowd.totals()["open"]) < self._asked.connections:
            passed = time.monotonic() - begun
            if available() < SPARE:
                self._report.notes.append(f"stopped at {there:,} connections: memory is at its end")
                break
            if passed > self._asked.limit:
                self._report.notes.append(
                    f"stopped at {there:,} connections: {self._asked.limit:g} s are over"
                )
                break
            self._crowd.connect()
            self._pass(LOOK_SECONDS)
            bar.to(there)
        self._crowd.stay()
        bar.to(there)

    def _beat(self) -> None:
        """As long as it takes until everybody was pinged, and has answered."""
        before = self._crowd.totals()["heartbeats"]
        self._until(lambda seen: seen["heartbeats"] - before >= seen["open"], "a heartbeat of everybody")

    def _talk(self) -> None:
        self._crowd.talk(self._asked.messages * 60)
        self._wait(self._asked.seconds, "talking")
        self._crowd.talk(0)

    def _quiet(self) -> None:
        """What was sent is answered and delivered to every member of its room."""
        self._until(lambda seen: seen["sent"] + seen["errors"] >= seen["asked"], "last answers")
        self._wait(1, "last deliveries")

    def _come_back(self, count: int) -> None:
        """Some leave, the others talk, they come back with their cursors and get what they missed."""
        there = self._crowd.totals()["open"]
        self._crowd.leave(count)
        self._wait(1, "some leave")
        self._talk_briefly()
        self._crowd.connect()
        self._until(lambda seen: seen["open"] >= there, "coming back")
        self._quiet()

    def _talk_briefly(self) -> None:
        self._crowd.talk(self._asked.messages * 60)
        self._wait(min(self._asked.seconds, AWAY_SECONDS), "talking while they are away")
        self._crowd.talk(0)

    def _until(self, true: Callable[[dict[str, int]], bool], text: str) -> None:
        bar = self._progress.step(text, 1)
        deadline = time.monotonic() + self._asked.limit
        while not true(self._crowd.totals()):
            if time.monotonic() > deadline:
                self._report.notes.append(f"{text}: given up after {self._asked.limit:g} s")
                return
            self._crowd.connect()
            self._pass(LOOK_SECONDS)
        bar.to(1)

    def _wait(self, seconds: float, text: str) -> None:
        bar = self._progress.step(text, int(seconds))
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < seconds:
            bar.to(passed)
            self._pass(min(LOOK_SECONDS, seconds - passed))
        bar.to(seconds)

    def _pass(self, seconds: float) -> None:
        """Time passes; a row is due now and then."""
        time.sleep(seconds)
        if time.monotonic() >= self._next:
            self._row()

    def _row(self) -> dict[str, float]:
        self._next = time.monotonic() + self._asked.every
        row = self._minutes.row()
        if self._asked.record:
            self._report.keep()
        return row

    def _tell(self, begun: Look, there: Look, beaten: Look, talked: Look, full: dict[str, float]) -> None:
        """`begun`, `there`, `beaten`, `talked`: between them all came, everybody's heart beat once, and some spoke."""
        report, made = self._report, talked.made_since(beaten)
        reached = there.totals["open"]
        report.add("connections", reached, least=self._asked.connections)
        report.add("connected and greeted", reached / (there.at - begun.at), "/s")
        self._tell_memory(reached, full)
        for name, before, after, count in (
            ("a connect", begun, there, "open"),
            ("a heartbeat, idle work included", there, beaten, "heartbeats"),
            ("a delivery, its share of the message included", beaten, talked, "deliveries"),
        ):
            spent = (after.server_cpu - before.server_cpu) / max(1, after.made_since(before)[count])
            report.add(f"server CPU of {name}", spent * 1e6, "µs")
        delays = talked.delays_since(beaten)
        report.add("messages, durable and acknowledged", made["sent"] / self._asked.seconds, "/s")
        report.add("deliveries", made["deliveries"] / self._asked.seconds, "/s")
        report.add("from due to delivered, p50", percentile(delays, 0.5) / 1000, "ms")
        report.add("from due to delivered, p99", percentile(delays, 0.99) / 1000, "ms")
        self._count(reached, made)
        report.chart = self._minutes.chart()

    def _tell_memory(self, reached: int, full: dict[str, float]) -> None:
        report, minutes = self._report, self._minutes
        for name, key, before in (
            ("server memory of a connection, rooms and bus included", "server MiB", minutes.server_before),
            ("kernel memory of a connection, both ends", "kernel MiB", minutes.kernel_before),
            ("client memory of a connection", "clients MiB", minutes.clients_before),
        ):
            report.add(name, (full[key] * MIB - before) / max(1, reached), "bytes")
        report.add("server memory before anybody came", minutes.server_before / MIB, "MiB")
        report.add("memory still available with all connected", full["available MiB"], "MiB")

    def _count(self, reached: int, talked: dict[str, int]) -> None:
        totals = self._crowd.totals()
        self._report.counts = {
            "connected": reached,
            "at the server": self._server.counters()["connections"],
            "at the end": totals["open"],
            "messages": talked["sent"],
            "deliveries": talked["deliveries"],
            **{
                name: totals[name]
                for name in ("heartbeats", "failed", "lost", "errors", "wrong", "resumed", "replayed")
            },
        }


def _report(asked: argparse.Namespace, workers: int, processes: int) -> Report:
    report = Report.of("million", asked)
    report.label = f"{asked.connections:07}"
    report.notes.append(
        f"{workers} workers on one port, dealt connections by {'client address' if asked.deal == 'address' else 'chance'}, {processes} holders, one machine; everybody in one room of {asked.members}, "
        f"{'told' if asked.members <= asked.crowd else 'not told'} who of it comes and goes; heartbeat {asked.heartbeat:g} s; SQLite{', presence in a Redis of their own' if asked.redis else ''}"
    )
    return report


if __name__ == "__main__":
    main()
