"""`hubbub forecast`: the next day of connections and messages, from Prometheus or a CSV file.

Exit status: 0 done (also when nothing is trusted: that is a result), 1 no forecast could be made, 2 wrong usage.
"""

import re
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, NoReturn

import structlog
import typer
from rich.console import Console

from hubbub.operate.forecast import picture, report
from hubbub.operate.forecast.export import Exported
from hubbub.operate.forecast.outlook import Outlook, Terms
from hubbub.operate.forecast.series import HistoryRefusedError
from hubbub.operate.forecast.source import Source, forecast
from hubbub.runtime import logs

log = structlog.get_logger("hubbub.forecast")

DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
SECONDS: Mapping[str, float] = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
RETRY_SECONDS = 60.0  # after a forecast that failed, if the next one is not due before
EXTRA = ("statsmodels", "matplotlib")

app = typer.Typer(name="forecast", add_completion=False, pretty_exceptions_show_locals=False)


def seconds(text: str) -> float:
    """`90s`, `15m`, `1h` or `14d`, in seconds. Raises typer.BadParameter."""
    found = DURATION.fullmatch(text)
    if not found or float(found[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no duration such as 90s, 15m, 1h or 14d")
    return float(found[1]) * SECONDS[found[2]]


def address(text: str) -> tuple[str, int]:
    """`host:port`. Raises typer.BadParameter."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise typer.BadParameter(f"{text!r} is no address such as 127.0.0.1:9108")
    return host.strip("[]"), int(port)


@app.command()
def run(
    *,
    csv: Annotated[Path | None, typer.Option(help="History: columns time, connections, messages.")] = None,
    prometheus: Annotated[str | None, typer.Option(help="History: the URL of a Prometheus.")] = None,
    where: Annotated[str, typer.Option(help='Label matchers, such as namespace="chat".')] = "",
    history: Annotated[str, typer.Option(help="How far back Prometheus is asked.")] = "14d",
    step: Annotated[str, typer.Option(help="Width of a slot.")] = "15m",
    season: Annotated[str, typer.Option(help="What repeats itself; 7d needs nine weeks of history.")] = "1d",
    origins: Annotated[int, typer.Option(min=2, max=60, help="Seasons of the backtest.")] = 7,
    poor: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="WAPE beyond which nothing is exported.")
    ] = 0.25,
    ahead: Annotated[str, typer.Option(help="The largest value until then is exported.")] = "15m",
    plot: Annotated[Path | None, typer.Option(help="Draw a PNG there.")] = None,
    textfile: Annotated[Path | None, typer.Option(help="Write metrics there, for node_exporter.")] = None,
    listen: Annotated[str | None, typer.Option(help="Serve metrics at host:port; needs --every.")] = None,
    every: Annotated[str | None, typer.Option(help="Forecast again and again, until SIGTERM.")] = None,
) -> None:
    """Forecast the next day of connections and messages, after a backtest against "tomorrow is as today was"."""
    if (csv is None) == (prometheus is None):
        raise typer.BadParameter("give --csv or --prometheus, one of the two")
    if listen is not None and every is None:
        raise typer.BadParameter("--listen needs --every: what is served must be renewed")
    source = Source(csv, prometheus, where, seconds(history), seconds(step))
    terms = Terms(season=seconds(season), origins=origins, poor=poor)
    exported = Exported(seconds(ahead), time.time)
    place = address(listen) if listen is not None else None
    pause = seconds(every) if every is not None else None
    _need_extra()

    def renew() -> None:
        outlooks = forecast(source, terms, time.time())
        exported.renew(outlooks)
        if textfile is not None:
            exported.write(textfile)
        if plot is not None:
            picture.draw(outlooks, terms.season, plot)
        (_show if pause is None else _log)(outlooks)

    if pause is None:
        _once(renew)
    else:
        _keep(renew, pause, exported, place)


def _need_extra() -> None:
    if missing := [name for name in EXTRA if find_spec(name) is None]:
        _fail(f"forecast needs {' and '.join(missing)}: pip install 'hubbub[forecast]'")


def _fail(message: str) -> NoReturn:
    typer.echo(f"hubbub: {message}", err=True)
    raise typer.Exit(1)


def _once(renew: Callable[[], None]) -> None:
    try:
        renew()
    except (HistoryRefusedError, OSError) as error:
        _fail(f"cannot forecast: {error}")


def _keep(renew: Callable[[], None], every: float, exported: Exported, place: tuple[str, int] | None) -> None:
    """Until SIGTERM or SIGINT. A forecast that fails leaves the last one in force, for as far as it reaches."""
    logs.configure("info", "auto")
    with _told_to_end() as told:
        if place is not None:
            _once(lambda: _listen(exported, *place))
        pause = 0.0
        while not told(pause):
            try:
                renew()
                pause = every
            except (HistoryRefusedError, OSError) as error:
                pause = min(every, RETRY_SECONDS)
                log.warning("no new forecast; the last one goes on", error=str(error), retry_seconds=pause)


@contextmanager
def _told_to_end() -> Iterator[Callable[[float], bool]]:
    """Wait so many seconds for a signal to end; True once there was one.

    A signal is a byte in a socket (signal.set_wakeup_fd): set as an event by a handler of Python, it is seen an hour late if it comes
    just before the wait begins, because handlers run between instructions only.
    """
    heard, tell = socket.socketpair()
    with heard, tell:
        tell.setblocking(False)
        signal.set_wakeup_fd(tell.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        yield lambda seconds: bool(select.select([heard], [], [], seconds)[0])
        signal.set_wakeup_fd(-1)


def _listen(exported: Exported, host: str, port: int) -> None:
    number = exported.listen(host, port)
    log.info("serving", url=f"http://{host}:{number}/metrics")


def _log(outlooks: Sequence[Outlook]) -> None:
    for outlook in outlooks:
        log.info(
            "forecast",
            series=outlook.name,
            model=outlook.model,
            wape=round(outlook.error, 4),
            trusted=outlook.trusted,
            peak=round(max(outlook.values), 1),
        )


def _show(outlooks: Sequence[Outlook]) -> None:
    Console().print(report.backtest_table(outlooks))
    for outlook in outlooks:
        typer.echo(f"\n{report.verdict(outlook)}\n{report.plot(outlook)}")


def main(arguments: Sequence[str]) -> None:
    """`hubbub forecast` hands over its arguments."""
    app(args=list(arguments), prog_name="hubbub forecast")
