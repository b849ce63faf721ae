from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.exposition import choose_encoder

from hubbub.accept.http.internal import build_internal_app

REASONS: list[str] = []


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async def readiness() -> list[str]:
        return list(REASONS)

    REASONS.clear()
    registry = CollectorRegistry()
    Counter("hubbub_teas", "Cups", registry=registry).inc(3)

    async def readings(accept: str) -> tuple[bytes, str]:
        encode, media_type = choose_encoder(accept)
        return encode(registry), media_type

    app = build_internal_app(readiness, readings)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://internal"
    ) as client:
        yield client


async def test_a_turning_loop_is_alive(http: httpx.AsyncClient) -> None:
    REASONS.append("not asked")
    assert (await http.get("/livez")).status_code == 200


async def test_ready_is_ready(http: httpx.AsyncClient) -> None:
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "reasons": []})


async def test_not_ready_says_why(http: httpx.AsyncClient) -> None:
    REASONS.append("the database does not answer")
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "reasons": ["the database does not answer"]}


async def test_metrics_are_those_of_the_registry(http: httpx.AsyncClient) -> None:
    answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "hubbub_teas_total 3.0" in answer.text


async def test_who_asks_for_open_metrics_gets_them(http: httpx.AsyncClient) -> None:
    answer = await http.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


async def test_the_public_pages_are_not_here(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/docs")).status_code == 404
