"""The internal pages of all workers as one: readings are put together, reasons are told with whose they are."""

import asyncio
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from hubbub.runtime.metrics import METRICS, PREFIX

WITHIN_SECONDS = 2.0
Together = Callable[[tuple[float, float]], float]

_WAYS: Mapping[str, Together] = {"sum": sum, "max": max, "min": min}
_TOGETHER = {f"{PREFIX}{metric.name}": _WAYS[metric.workers] for metric in METRICS} | {
    "process_start_time_seconds": min
}


async def metrics(pages: Sequence[str]) -> bytes:
    """The sum of the readings of every worker that answers, as Prometheus text."""
    texts = await asyncio.gather(*(_text(f"{page}/metrics") for page in pages))
    return put_together([text for text in texts if text is not None]).encode()


def put_together(texts: Sequence[str]) -> str:
    """Prometheus texts as one: readings of equal names and labels are added, or are the largest or smallest; pure."""
    heads: dict[str, dict[str, None]] = defaultdict(dict)
    samples: dict[str, dict[str, float]] = defaultdict(dict)
    for text in texts:
        family = ""
        for line in filter(None, text.splitlines()):
            if line.startswith("#"):
                family = line.split(" ", 3)[2]
                heads[family][line] = None
            else:
                name, _, value = line.rpartition(" ")
                _put(samples[family], name, float(value), _TOGETHER.get(family, sum))
    lines = ((*heads[family], *_told(samples[family])) for family in heads)
    return "".join(f"{line}\n" for each in lines for line in each)


def _put(samples: dict[str, float], name: str, value: float, together: Together) -> None:
    samples[name] = together((samples[name], value)) if name in samples else value


def _told(samples: dict[str, float]) -> Iterator[str]:
    return (f"{name} {value!r}" for name, value in samples.items())


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
