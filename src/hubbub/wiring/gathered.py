"""The internal pages of all workers as one: readings are put together, reasons are told with whose they are."""

import asyncio
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from hubbub.runtime.metrics import METRICS, PREFIX

WITHIN_SECONDS = 2.0
END = "# EOF"  # of OpenMetrics
EXEMPLAR = " # {"
Together = Callable[[tuple[float, float]], float]

_WAYS: Mapping[str, Together] = {"sum": sum, "max": max, "min": min}
_TOGETHER = {f"{PREFIX}{metric.name}": _WAYS[metric.workers] for metric in METRICS} | {
    "process_start_time_seconds": min
}


class Sample(NamedTuple):
    """A reading; `exemplar`: what OpenMetrics has behind it, the trace of one observation and when that was."""

    value: float
    exemplar: str = ""


async def metrics(pages: Sequence[str], own: str, accept: str) -> bytes:
    """The readings of every worker that answers and those of their supervisor (`own`), in the form that `accept` names."""
    texts = await asyncio.gather(*(_text(f"{page}/metrics", accept) for page in pages))
    return put_together([*(text for text in texts if text is not None), own]).encode()


def put_together(texts: Sequence[str]) -> str:
    """Prometheus texts, or OpenMetrics, as one; pure.

    Readings of equal names and labels are added, or are the largest or smallest; of their exemplars the newest is kept.
    """
    heads: dict[str, dict[str, None]] = defaultdict(dict)
    samples: dict[str, dict[str, Sample]] = defaultdict(dict)
    for text in texts:
        family = ""
        for line in text.splitlines():
            if line.startswith("#") and line != END:
                family = line.split(" ", 3)[2]
                heads[family][line] = None
            elif line and line != END:
                _put(samples[family], line, _TOGETHER.get(family, sum))
    lines = [line for family in heads for line in (*heads[family], *_told(samples[family]))]
    ending = [END] if any(text.endswith(f"{END}\n") for text in texts) else []
    return "".join(f"{line}\n" for line in (*lines, *ending))


def _put(samples: dict[str, Sample], line: str, together: Together) -> None:
    reading, _, exemplar = line.partition(EXEMPLAR)
    name, _, value = reading.rpartition(" ")
    found = samples.get(name)
    if found is None:
        samples[name] = Sample(float(value), exemplar)
    else:
        newest = max(found.exemplar, exemplar, key=_moment)
        samples[name] = Sample(together((found.value, float(value))), newest)


def _moment(exemplar: str) -> float:
    """When it was observed (s): its last word."""
    return float(exemplar.rpartition(" ")[2] or 0)


def _told(samples: Mapping[str, Sample]) -> Iterator[str]:
    for name, (value, exemplar) in samples.items():
        yield f"{name} {value!r}{EXEMPLAR}{exemplar}" if exemplar else f"{name} {value!r}"


async def reasons(pages: Sequence[tuple[int, str | None]]) -> list[str]:
    """Why no traffic should come: nothing as long as one worker is ready."""
    answers = await asyncio.gather(*(_reasons(slot, page) for slot, page in pages))
    return [] if any(not each for each in answers) else [reason for each in answers for reason in each]


async def _reasons(slot: int, page: str | None) -> list[str]:
    text = None if page is None else await _text(f"{page}/readyz")
    said = ["starting"] if text is None else msgspec.json.decode(text)["reasons"]
    return [f"worker {slot}: {each}" for each in said]


async def _text(url: str, accept: str = "") -> str | None:
    asked = urllib.request.Request(url, headers={"accept": accept})  # noqa: S310 - our own workers
    return await asyncio.to_thread(_get, asked)


def _get(asked: urllib.request.Request) -> str | None:
    try:
        with urllib.request.urlopen(asked, timeout=WITHIN_SECONDS) as answer:  # noqa: S310
            return str(answer.read().decode())
    except urllib.error.HTTPError as refusal:
        return refusal.read().decode()
    except OSError:
        return None
