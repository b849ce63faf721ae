"""What somebody who is nobody yet may ask of a server: who it is, and the way in through an identity provider (docs/web.md)."""

from hubbub_conformance.conversation import Stage
from hubbub_conformance.profiles import WEBSOCKET

pytestmark = WEBSOCKET


async def test_a_server_says_who_it_is_and_how_to_get_in(stage: Stage) -> None:
    told = (await stage.stranger.get("/server")).gives(200)
    assert told["signup_open"] is True
    assert told["providers"] == []


async def test_there_is_no_way_through_a_provider_that_is_none(stage: Stage) -> None:
    (await stage.stranger.get("/oidc/nobody/start")).refuses(404, "not_found")
    (await stage.stranger.get("/oidc/nobody/callback")).refuses(404, "not_found")


async def test_nobody_is_handed_a_session_without_having_been_away(stage: Stage) -> None:
    (await stage.stranger.post("/oidc/session", {})).refuses(401, "unauthenticated")
