"""The `hubbub` program: serve, config, migrate, backup, restore, admin, chat, send, forecast, doctor, drill, version.

What a command needs is imported when it runs, so that `hubbub config` explains wrong settings even where the
server cannot be loaded, and `hubbub chat` starts without it. Exit status: 0 done, 1 failed, 2 wrong settings or usage.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from hubbub.wiring.settings import Loaded, SettingsRefused, load_settings

FAILED = 1
WRONG_SETTINGS = 2
TABLED = re.compile(r"^(log|tcp)_")  # options of keys that lie in a table
FORMS = frozenset({"json", "toml", "reference"})  # options of `config` that are no settings
PIPE_WIDTH = 200  # columns: wide enough that no line is folded where `grep` reads

app = typer.Typer(
    name="hubbub",
    help="A chat server that starts with one command and never loses a message.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they would print secrets
)

Config = Annotated[str | None, typer.Option(help="The TOML file; without it, hubbub.toml if there is one.")]
Host = Annotated[str | None, typer.Option(help="Address of the public port.")]
Port = Annotated[str | None, typer.Option(help="Public port: HTTP and WebSocket.")]
InternalHost = Annotated[str | None, typer.Option(help="Address of the internal port.")]
InternalPort = Annotated[str | None, typer.Option(help="Internal port: /livez, /readyz, /metrics.")]
TcpPort = Annotated[str | None, typer.Option(help="Port of framed TCP; without it there is none.")]
TcpHost = Annotated[str | None, typer.Option(help="Address of the framed TCP port.")]
Data = Annotated[str | None, typer.Option(help="Directory of the embedded store.")]
DatabaseUrl = Annotated[
    str | None, typer.Option(help="SQLAlchemy URL; without it, SQLite in the data directory.")
]
Workers = Annotated[str | None, typer.Option(help="Processes that serve the public port: a number, or auto.")]
Bus = Annotated[str | None, typer.Option(help="URL of what connects several nodes: redis://… or nats://….")]
DatabaseReplica = Annotated[
    list[str] | None,
    typer.Option(help="URL of a copy of the database that may answer reads. May be given again."),
]
PublicUrl = Annotated[str | None, typer.Option(help="How browsers reach this server.")]
LogLevel = Annotated[str | None, typer.Option(help="debug, info, warning, error or critical.")]
LogFormat = Annotated[str | None, typer.Option(help="auto, console or json.")]


def _fail(message: str, status: int) -> NoReturn:
    for line in message.splitlines():
        typer.echo(f"hubbub: {line}", err=True)
    raise typer.Exit(status)


def _load(options: Mapping[str, object]) -> Loaded:
    dotted = {TABLED.sub(r"\1.", name): value for name, value in options.items()}
    try:
        return load_settings(dotted, os.environ, Path.cwd())
    except SettingsRefused as refused:
        _fail(str(refused), WRONG_SETTINGS)


@contextmanager
def _in_one_line(failed: str) -> Iterator[None]:
    """What the operator can mend (ports, folders, databases) needs no traceback; a bug keeps its own."""
    from hubbub.persist.backup import BackupError
    from hubbub.persist.failures import OUTAGES, said
    from hubbub.persist.migrate import NotDurableError, SchemaMismatchError
    from hubbub.persist.move import MoveRefusedError
    from hubbub.persist.nodes import StrangersError

    try:
        yield
    except (OSError, SchemaMismatchError, NotDurableError, StrangersError) as error:
        _fail(f"{failed}: {error}", FAILED)
    except (MoveRefusedError, BackupError) as error:
        _fail(f"{failed}: {error}", FAILED)
    except OUTAGES as error:
        _fail(f"{failed}: {said(error)}", FAILED)


@app.command()
def serve(
    *,
    config: Config = None,
    host: Host = None,
    port: Port = None,
    internal_host: InternalHost = None,
    internal_port: InternalPort = None,
    tcp_host: TcpHost = None,
    tcp_port: TcpPort = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    bus: Bus = None,
    workers: Workers = None,
    public_url: PublicUrl = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
    worker: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run the server until SIGTERM or SIGINT. `hubbub config` lists what else can be set, and how."""
    loaded = _load({name: value for name, value in locals().items() if name != "worker"})
    from hubbub.wiring.app import serve as run
    from hubbub.wiring.station import Station

    with _in_one_line("cannot serve"):
        status = run(loaded.settings, None if worker is None else Station.parse(worker))
    raise typer.Exit(status)


@app.command("config")
def show(
    *,
    config: Config = None,
    host: Host = None,
    port: Port = None,
    internal_host: InternalHost = None,
    internal_port: InternalPort = None,
    tcp_host: TcpHost = None,
    tcp_port: TcpPort = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    bus: Bus = None,
    workers: Workers = None,
    public_url: PublicUrl = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    toml: Annotated[bool, typer.Option("--toml", help="As a file that sets the same again.")] = False,
    reference: Annotated[
        bool, typer.Option("--reference", help="All keys, ranges and meanings, as Markdown.")
    ] = False,
) -> None:
    """Print every setting in force and where it came from. Secrets are masked."""
    loaded = _load({name: value for name, value in locals().items() if name not in FORMS})
    from hubbub.wiring.settings import show as printed

    if reference:
        typer.echo(printed.reference())
    elif json:
        typer.echo(printed.as_json(loaded))
    elif toml:
        typer.echo(printed.as_toml(loaded))
    else:
        Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(printed.as_table(loaded))


@app.command()
def migrate(
    *,
    config: Config = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    source: Annotated[
        str, typer.Option("--from", help="URL of the store to move, which nobody serves.")
    ] = "",
    target: Annotated[
        str, typer.Option("--to", help="URL of an empty store, or of this copy half-done.")
    ] = "",
) -> None:
    """Bring the database to this version's tables, or (--from, --to) move a store into another one.

    The embedded store is brought to its tables at every start. A move that was interrupted goes on when it is run again.
    """
    if source or target:
        if not (source and target):
            _fail("--from and --to go together", WRONG_SETTINGS)
        from hubbub.wiring.moving import move

        with _in_one_line("cannot move"):
            move(source, target)
        return
    settings = _load({"config": config, "data": data, "database_url": database_url}).settings
    from hubbub.persist import engine
    from hubbub.persist.migrate import upgrade

    url = engine.database_url(settings.database_url, settings.data)
    with _in_one_line("cannot migrate"):
        Path(settings.data).mkdir(mode=0o700, parents=True, exist_ok=True)
        upgrade(url.render_as_string(hide_password=False))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there.")],
    *,
    config: Config = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write the state of the store into one file, with counts and checksums. The server goes on meanwhile."""
    settings = _load({"config": config, "data": data, "database_url": database_url}).settings
    from hubbub.wiring.saving import back_up

    with _in_one_line("no backup"):
        back_up(settings.database_url, settings.data, file)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `hubbub backup` wrote.")],
    *,
    config: Config = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    verify: Annotated[
        bool, typer.Option(help="Hold the backup against its checksums and the protocol first.")
    ] = True,
    check: Annotated[bool, typer.Option("--check", help="Only that; restore nothing.")] = False,
) -> None:
    """Make a store of a backup: an empty database is filled, compared, and its log gets another epoch."""
    settings = _load({"config": config, "data": data, "database_url": database_url}).settings
    from hubbub.wiring import saving

    with _in_one_line("not restored"):
        if check:
            saving.check(file)
            return
        Path(settings.data).mkdir(mode=0o700, parents=True, exist_ok=True)
        saving.restore(file, settings.database_url, settings.data, verify=verify)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def admin(context: typer.Context) -> None:
    """Administer a running server. `hubbub admin --help` tells more."""
    from hubbub.wiring.admin.commands import admin as administer

    administer(context.args, prog_name="hubbub admin")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def chat(context: typer.Context) -> None:
    """Talk in this terminal. `hubbub chat --help` tells more."""
    from hubbub_client.terminal import main as talk

    talk(context.args)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def send(context: typer.Context) -> None:
    """Send one message and leave, for scripts. `hubbub send --help` tells more."""
    from hubbub_client.terminal import send_main as say

    say(context.args)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def forecast(context: typer.Context) -> None:
    """Forecast the next day's connections and messages. `hubbub forecast --help` tells more."""
    from hubbub.operate.forecast.command import main as run

    run(context.args)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def drill(context: typer.Context) -> None:
    """Make trouble in a cluster of its own, and see whether every promise holds. `hubbub drill --help` tells more."""
    from hubbub.operate.drill.command import main as run

    run(context.args)


@app.command()
def doctor(
    *,
    config: Config = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    bus: Bus = None,
    workers: Workers = None,
    connections: Annotated[
        int, typer.Option("--for", min=1, max=100_000_000, help="Connections this machine is to carry.")
    ] = 10_000,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    sysctl: Annotated[
        bool,
        typer.Option("--sysctl", help="Print a file of kernel settings for /etc/sysctl.d, and nothing else."),
    ] = False,
) -> None:
    """Check kernel, machine, database and Redis for the connections asked for, and say why. Changes nothing."""
    from hubbub.operate.doctor import command as doctors
    from hubbub.operate.doctor.kernel import sysctl_file
    from hubbub.wiring.supervisor import count_of

    if sysctl:
        typer.echo(sysctl_file(connections), nl=False)
        return
    options = {"config": config, "data": data, "database_url": database_url, "bus": bus, "workers": workers}
    settings = _load(options).settings
    pool = settings.database
    asked = doctors.Asked(
        connections=connections,
        workers=count_of(settings.workers),
        pool=pool.writers + pool.pool_size + pool.max_overflow,
        data=Path(settings.data),
        database_url=settings.database_url,
        redis_url=settings.redis or (settings.bus if settings.bus.startswith("redis") else ""),
    )
    raise typer.Exit(doctors.run(asked, json=json))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"hubbub {version_of('hubbub')}")


def main() -> None:
    """Entry point of the program."""
    app()
