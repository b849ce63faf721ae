"""Recent history in a Redis that workers share: read from there, and never other than the database has it."""

from tests.cluster.test_workers import scraped
from tests.faults.company import gather
from tests.faults.conftest import MakeServer

from hubbub.operate.cluster.redis import Redis


async def test_history_comes_from_redis_and_what_was_erased_does_not(
    make_server: MakeServer, redis: Redis
) -> None:
    server = make_server(
        {"HUBBUB_WORKERS": "2", "HUBBUB_REDIS": redis.url, "HUBBUB_NAMESPACE": "recent-history"}
    )
    company = await gather(server)
    asked = {"type": "history", "chat": company.room, "limit": 3}
    for _ in range(5):
        sent = await company.alice.ask(company.message("a secret"))
        newest = (await company.bob.ask(asked))["entries"][-1]
        assert (newest["seq"], "a secret" in newest["content"]) == (sent["seq"], True)
        erased = await company.alice.ask({"type": "delete", "chat": company.room, "seq": sent["seq"]})
        message, deletion = (await company.bob.ask(asked))["entries"][-2:]
        assert (message["deleted"], message.get("content")) == (True, None)
        assert (deletion["seq"], deletion["target"]) == (erased["seq"], sent["seq"])
        assert (await company.bob.ask(asked))["entries"][-1] == deletion
    page = await scraped(server)
    assert page.value("hubbub_cache_hits_total", cache="recent") > 0
    assert page.value("hubbub_cache_misses_total", cache="recent") > 0
    await company.judge()
