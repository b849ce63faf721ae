"""The way through an identity provider as a browser goes it: redirects, cookies, and what is never in a URL."""

from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs
from tests.unit.accept.http.world import START, Setup, World

from hubbub.accept.http.services import HttpPolicy
from hubbub.testing.corporation import Corporation

PUBLIC = "https://chat.example"
SECURE = HttpPolicy(public_url=PUBLIC)
PLAIN = HttpPolicy(public_url="http://127.0.0.1:8080")
BACK = "/oidc/corp/callback"


class CorporateSetup(Setup, kw_only=True):
    corp: Corporation


def corporate(policy: HttpPolicy = SECURE, limits: tuple[int, int, int] = (20, 10, 10)) -> CorporateSetup:
    corp = Corporation(lambda: START)
    door = corp.door(f"{policy.public_url}/api/v1{BACK}")
    return CorporateSetup(policy=policy, limits=limits, doors={"corp": door}, corp=corp)


@pytest.fixture
def setup(request: pytest.FixtureRequest) -> CorporateSetup:
    return corporate(*getattr(request, "param", ()))


def cookies_of(answer: httpx.Response) -> SimpleCookie:
    """What the browser is told to keep, with every attribute."""
    kept = SimpleCookie()
    for each in answer.headers.get_list("set-cookie"):
        kept.load(each)
    return kept


def said(answer: httpx.Response) -> dict[str, str]:
    """The query of the redirect to the app."""
    assert answer.status_code == 302
    target = urlsplit(answer.headers["location"])
    assert (target.scheme, target.netloc, target.path) == ("", "", "/")
    return {name: values[0] for name, values in parse_qs(target.query).items()}


class Browser:
    """One browser, which keeps cookies as it is told."""

    def __init__(self, world: World, setup: CorporateSetup) -> None:
        self.world = world
        self.corp = setup.corp
        self.jar: dict[str, str] = {}

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        answer = await self.world.ask(method, path, body, cookie=cookie, **headers)
        for name, each in cookies_of(answer).items():
            if each["max-age"] == "0":
                self.jar.pop(name, None)
            else:
                self.jar[name] = each.value
        return answer

    async def goes(self, return_to: str = "/chat/r1") -> dict[str, str]:
        """To the provider, and logs in there; gives the answer it carries."""
        answer = await self.ask("GET", f"/oidc/corp/start?return_to={return_to}")
        assert answer.status_code == 302
        return self.corp.logs_in(answer.headers["location"])

    async def returns(self, carried: dict[str, str]) -> httpx.Response:
        return await self.ask("GET", f"{BACK}?{httpx.QueryParams(carried)}")


@pytest.fixture
def browser(world: World, setup: CorporateSetup) -> Browser:
    return Browser(world, setup)


async def test_there_and_back_with_a_session(browser: Browser) -> None:
    assert said(await browser.returns(await browser.goes())) == {"provider": "corp"}
    answer = await browser.ask("POST", "/oidc/session", {"device": "browser"})
    assert answer.status_code == 201
    tokens = answer.json()
    assert sorted(tokens) == ["expires_at", "refresh_token", "return_to", "token", "user"]
    assert (tokens["user"], tokens["return_to"]) == ("corp:ann", "/chat/r1")
    me = await browser.ask("GET", "/me", authorization=f"Bearer {tokens['token']}")
    assert me.json() == {"user": "corp:ann", "display_name": "Ann of Corp"}
    refreshed = await browser.ask("POST", "/sessions/refresh", {"refresh_token": tokens["refresh_token"]})
    assert refreshed.status_code == 201
    assert browser.jar == {}


async def test_a_session_is_fetched_once(browser: Browser) -> None:
    await browser.returns(await browser.goes())
    copied = dict(browser.jar)
    assert (await browser.ask("POST", "/oidc/session", {})).status_code == 201
    assert (await browser.ask("POST", "/oidc/session", {})).status_code == 401
    browser.jar = copied
    assert (await browser.ask("POST", "/oidc/session", {})).status_code == 401


async def test_no_url_holds_anything_secret(browser: Browser) -> None:
    answer = await browser.ask("GET", "/oidc/corp/start")
    [sealed] = browser.jar.values()
    assert sealed not in answer.headers["location"]
    back = await browser.returns(browser.corp.logs_in(answer.headers["location"]))
    assert back.headers["location"] == "/?provider=corp"
    assert back.headers["cache-control"] == "no-store"
    assert back.headers["referrer-policy"] == "no-referrer"


async def test_cookies_over_https_are_this_hosts_alone(browser: Browser) -> None:
    start = cookies_of(await browser.ask("GET", "/oidc/corp/start"))
    back = cookies_of(await browser.returns(await browser.goes()))
    assert start.keys() == {"__Host-hubbub-login"}
    assert back.keys() == {"__Host-hubbub-login", "__Host-hubbub-hand-over"}
    for kept, same_site, life in (
        (start["__Host-hubbub-login"], "lax", "600"),
        (back["__Host-hubbub-hand-over"], "strict", "60"),
    ):
        assert (kept["secure"], kept["httponly"], kept["path"], kept["domain"]) == (True, True, "/", "")
        assert (kept["samesite"].lower(), kept["max-age"]) == (same_site, life)
    assert back["__Host-hubbub-login"]["max-age"] == "0"


@pytest.mark.parametrize("setup", [(PLAIN,)], indirect=True)
async def test_cookies_on_this_very_machine_need_no_encryption(browser: Browser) -> None:
    start = cookies_of(await browser.ask("GET", "/oidc/corp/start"))
    assert start.keys() == {"hubbub-login"}
    assert (start["hubbub-login"]["secure"], start["hubbub-login"]["httponly"]) == ("", True)


async def test_a_callback_that_is_replayed_finds_no_attempt(browser: Browser) -> None:
    carried = await browser.goes()
    await browser.returns(carried)
    assert said(await browser.returns(carried)) == {"provider": "corp", "error": "expired"}


async def test_another_browser_cannot_finish_what_this_one_began(
    browser: Browser, world: World, setup: CorporateSetup
) -> None:
    carried = await browser.goes()
    other = Browser(world, setup)
    assert said(await other.returns(carried))["error"] == "expired"
    await other.goes()
    assert said(await other.returns(carried))["error"] == "expired"
    assert said(await browser.returns(carried)) == {"provider": "corp"}


async def test_a_failure_is_a_word_for_the_app_and_a_line_for_the_operator(browser: Browser) -> None:
    carried = await browser.goes()
    browser.corp.claims["nonce"] = "another"
    with capture_logs() as lines:
        answer = await browser.returns(carried)
    assert said(answer) == {"provider": "corp", "error": "invalid"}
    [line] = [each for each in lines if each["event"] == "a log-in failed"]
    assert (line["log_level"], line["provider"]) == ("warning", "corp")
    assert "nonce" in line["detail"]
    assert browser.jar == {}


async def test_who_changes_their_mind_comes_back_without_a_session(browser: Browser) -> None:
    state = (await browser.goes())["state"]
    answer = await browser.returns({"error": "access_denied", "state": state})
    assert said(answer) == {"provider": "corp", "error": "cancelled"}
    assert (await browser.ask("POST", "/oidc/session", {})).status_code == 401


async def test_a_provider_that_is_away_is_said_on_the_way_there(browser: Browser) -> None:
    browser.corp.away = True
    answer = await browser.ask("GET", "/oidc/corp/start")
    assert said(answer) == {"provider": "corp", "error": "unavailable"}


async def test_a_provider_may_add_to_the_query_but_not_say_things_twice(browser: Browser) -> None:
    carried = await browser.goes()
    assert said(await browser.returns(carried | {"session_state": "x"})) == {"provider": "corp"}
    carried = await browser.goes()
    answer = await browser.ask("GET", f"{BACK}?{httpx.QueryParams(carried)}&code=other")
    assert said(answer)["error"] == "invalid"


@pytest.mark.parametrize("place", ["https://evil.example", "//evil.example", "/%5Cevil.example", "%00"])
async def test_nobody_is_sent_elsewhere(browser: Browser, place: str) -> None:
    answer = await browser.ask("GET", f"/oidc/corp/start?return_to={place}")
    if answer.status_code == 302:
        await browser.returns(browser.corp.logs_in(answer.headers["location"]))
        assert (await browser.ask("POST", "/oidc/session", {})).json()["return_to"] == "/"
    else:
        assert answer.status_code == 400


async def test_another_site_does_not_fetch_the_session(browser: Browser) -> None:
    await browser.returns(await browser.goes())
    for site in ("cross-site", "same-site", "none"):
        answer = await browser.ask("POST", "/oidc/session", {}, sec_fetch_site=site)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await browser.ask("POST", "/oidc/session", {}, sec_fetch_site="same-origin")).status_code == 201


@pytest.mark.parametrize("setup", [(SECURE, (20, 3, 10))], indirect=True)
async def test_who_proves_nothing_again_and_again_has_to_wait(browser: Browser, world: World) -> None:
    for _ in range(5):
        await browser.returns(await browser.goes())
    for _ in range(3):
        carried = await browser.goes()
        assert said(await browser.returns(carried | {"code": "guess"}))["error"] == "invalid"
    assert said(await browser.returns(await browser.goes()))["error"] == "limited"
    world.address = "192.0.2.2"
    assert said(await browser.returns(await browser.goes())) == {"provider": "corp"}


async def test_a_provider_nobody_configured_is_not_found(browser: Browser) -> None:
    for path in ("/oidc/nobody/start", "/oidc/nobody/callback?code=x&state=y"):
        answer = await browser.ask("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_server_says_how_one_may_come_in(browser: Browser) -> None:
    assert (await browser.ask("GET", "/server")).json() == {
        "name": "Hubbub",
        "version": "1",
        "signup_open": True,
        "password_chars": 8,
        "direct_policy": "friends",
        "off": [],
        "providers": [{"alias": "corp", "label": "The Corporation", "start": "/api/v1/oidc/corp/start"}],
    }
