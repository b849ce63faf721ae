"""The internal pages of all workers as one: readings are summed, reasons are told with whose they are."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Sequence

import msgspec

WITHIN_SECONDS = 2.0


async def metrics(pages: Sequence[str]) -> bytes:
    """The sum of the readings of every worker that answers, as Prometheus text."""
    texts = await asyncio.gather(*(_text(f"{page}/metrics") for page in pages))
    return sum_up([text for text in texts if text is not None]).encode()


def sum_up(texts: Sequence[str]) -> str:
    """Prometheus texts with the values of equal names and labels added; pure."""
    lines: dict[str, float | None] = {}
    for line in (line for text in texts for line in text.splitlines() if line):
        name, _, value = line.rpartition(" ")
        if line.startswith("#"):
            lines.setdefault(line, None)
        else:
            lines[name] = (lines.get(name) or 0.0) + float(value)
    return "".join(f"{name}\n" if value is None else f"{name} {value!r}\n" for name, value in lines.items())


async def reasons(pages: Sequence[tuple[int, str | None]]) -> list[str]:
    """Why no traffic should come: nothing as long as one worker is ready."""
    answers = await asyncio.gather(*(_reasons(slot, page) for slot, page in pages))
    return [] if any(not each for each in answers) else [reason for each in answers for reason in each]


async def _reasons(slot: int, page: str | None) -> list[str]:
    text = None if page is None else await _text(f"{page}/readyz")
    said = ["starting"] if text is None else msgspec.json.decode(text)["reasons"]
    return [f"worker {slot}: {each}" for each in said]


async def _text(url: str) -> str | None:
    return await asyncio.to_thread(_get, url)


def _get(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=WITHIN_SECONDS) as answer:  # noqa: S310 - our own workers
            return str(answer.read().decode())
    except urllib.error.HTTPError as refusal:
        return refusal.read().decode()
    except OSError:
        return None
