"""The report of a run: as Markdown, and as one HTML page that needs nothing else."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

from hubbub.operate.drill.outcome import Outcome, Window

COLUMNS = (
    "part",
    "seconds",
    "said",
    "refused",
    "acknowledged p50 / p99",
    "longest silence",
    "heard p50 / p99",
)
EXPLAINED = (
    "Two people talk all the time, ten messages a second, one says and one hears; the tables of parts say what they saw"
    " (ms). A silence is a time in which nothing was acknowledged. Around them a crowd sends, edits, deletes, reacts,"
    " joins, leaves and drops its connections; in the end everything everybody saw is compared with the database."
)
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1d2330; background: #fff }
table { border-collapse: collapse; margin: 1rem 0; width: 100% }
th, td { border-bottom: 1px solid #c8cdd8; padding: .3rem .6rem; text-align: left; vertical-align: top }
.passed { color: #17663a } .FAILED { color: #b3261e; font-weight: bold } .not { color: #5b6474 }
@media (prefers-color-scheme: dark) { body { color: #e4e7ee; background: #14171f } th, td { border-color: #3a4150 }
 .passed { color: #7fd6a1 } .FAILED { color: #ff8a80 } .not { color: #9aa3b2 } }
"""


def write(folder: Path, outcomes: Sequence[Outcome], terms: Mapping[str, str]) -> list[Path]:
    """Both into `folder`, with the logs of what failed; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"report.md": markdown(outcomes, terms), "report.html": page(outcomes, terms)}
    pages |= {f"{each.name}.log": each.log for each in outcomes if each.log}
    for name, text in pages.items():
        (folder / name).write_text(text)
    return [folder / name for name in pages]


# ── Markdown ────────────────────────────────────────────────────────────────────────────────────────────────────────


def markdown(outcomes: Sequence[Outcome], terms: Mapping[str, str]) -> str:
    """The whole report."""
    told = "; ".join(f"{name} {value}" for name, value in terms.items())
    summary = _rows(
        ("drill", "", "seconds"), [(each.title, _verdict(each), f"{each.seconds:.0f}") for each in outcomes]
    )
    parts = ["# Drills", told, EXPLAINED, summary, *(_section(each) for each in outcomes if not each.missing)]
    return "\n\n".join(parts) + "\n"


def _verdict(outcome: Outcome) -> str:
    return f"not run: {outcome.missing}" if outcome.missing else outcome.verdict


def _section(outcome: Outcome) -> str:
    checks = [(each.expected, each.seen, "yes" if each.passed else "**NO**") for each in outcome.checks]
    events = "\n".join(f"- {at:.1f} s: {what}" for at, what in outcome.events)
    parts = [f"## {outcome.title} (`{outcome.name}`)", _rows(("expected", "seen", ""), checks), events]
    if outcome.windows:
        parts.append(_rows(COLUMNS, [_cells(each) for each in outcome.windows]))
    return "\n\n".join(parts)


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _cells(window: Window) -> tuple[str, ...]:
    return (
        window.name,
        f"{window.seconds:.1f}",
        str(window.said),
        str(window.refused),
        f"{_ms(window.acknowledged_p50)} / {_ms(window.acknowledged_p99)}",
        _ms(window.silence),
        f"{_ms(window.heard_p50)} / {_ms(window.heard_p99)}",
    )


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


# ── HTML ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def page(outcomes: Sequence[Outcome], terms: Mapping[str, str]) -> str:
    """The same, for browsers."""
    told = html.escape("; ".join(f"{name} {value}" for name, value in terms.items()))
    summary = _table(
        ("drill", "", "seconds"), [(each.title, _verdict(each), f"{each.seconds:.0f}") for each in outcomes]
    )
    sections = "\n".join(_html_section(each) for each in outcomes if not each.missing)
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Hubbub: drills</title>\n<style>{STYLE}</style>\n'
        f"<h1>Drills</h1>\n<p>{told}</p>\n<p>{html.escape(EXPLAINED)}</p>\n{summary}\n{sections}\n</html>\n"
    )


def _html_section(outcome: Outcome) -> str:
    checks = [(each.expected, each.seen, "passed" if each.passed else "FAILED") for each in outcome.checks]
    events = "".join(f"<li>{at:.1f} s: {html.escape(what)}</li>" for at, what in outcome.events)
    windows = _table(COLUMNS, [_cells(each) for each in outcome.windows]) if outcome.windows else ""
    title = f"<h2>{html.escape(outcome.title)} <code>{html.escape(outcome.name)}</code></h2>"
    return f"{title}\n{_table(('expected', 'seen', ''), checks)}\n<ul>{events}</ul>\n{windows}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table>\n<tr>{top}</tr>\n{body}\n</table>"


def _cell(text: str) -> str:
    kind = text.split(" ", 1)[0].rstrip(":")
    colour = f' class="{kind}"' if kind in {"passed", "FAILED", "not"} else ""
    return f"<td{colour}>{html.escape(text)}</td>"
