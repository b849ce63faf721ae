"""The web app's files as a browser gets them; a small folder stands for what npm builds."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.unit.accept.http.world import World

from hubbub.accept.http.app import build_app
from hubbub.accept.http.services import HttpPolicy
from hubbub.accept.http.web_app import choose_coding, content_policy, load_web_app

PAGE = "<!doctype html><title>App</title>"
SCRIPT = "console.log('app')"
PACKED = {".br": b"brotli bytes", ".gz": b"gzip bytes"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "built"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text(PAGE)
    (built / "assets" / "app-c0ffee.js").write_text(SCRIPT)
    for suffix, packed in PACKED.items():
        (built / "assets" / f"app-c0ffee.js{suffix}").write_bytes(packed)
    (built / "manifest.webmanifest").write_text("{}")
    (built / ".stamp").write_text("not for browsers")
    (tmp_path / "secret.txt").write_text("not below the folder")
    return built


@pytest.fixture
async def browser(world: World, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(world.services, load_web_app(folder))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://hubbub.test") as client:
        yield client


async def test_a_hashed_file_is_kept_for_ever(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/assets/app-c0ffee.js", headers={"accept-encoding": "identity"})
    assert (answer.status_code, answer.text) == (200, SCRIPT)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/?provider=corp"])
async def test_the_page_is_asked_about_each_time(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_the_page_runs_only_what_comes_with_it(browser: httpx.AsyncClient) -> None:
    policy = dict(
        each.strip().split(" ", 1)
        for each in (await browser.get("/")).headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert (
        policy["script-src"]
        == policy["style-src"]
        == policy["connect-src"]
        == policy["form-action"]
        == "'self'"
    )
    assert policy["require-trusted-types-for"] == "'script'"
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(" ".join(policy.values()).split())


def test_the_socket_of_the_public_address_may_be_opened_by_every_browser() -> None:
    assert "connect-src 'self' wss://chat.example;" in content_policy("https://chat.example/")
    assert "connect-src 'self' ws://chat.example:81;" in content_policy("http://chat.example:81")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/assets/app-gone.js", 404),
        ("/assets/", 404),
        ("/index.html", 404),
        ("/.stamp", 404),
        ("/nothing", 404),
        ("/chat/r0", 404),
        ("/api/v1/nothing", 404),
        ("/assets/../../secret.txt", 404),
        ("/assets/..%2f..%2fsecret.txt", 404),
        ("/..%2fsecret.txt", 404),
        ("//secret.txt", 404),
        ("/assets/app-c0ffee.js.br", 404),
        ("/api/docs", 200),
    ],
)
async def test_what_is_not_the_apps_is_not_answered_by_it(
    browser: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await browser.get(f"http://hubbub.test{path}")
    assert answer.status_code == status
    assert answer.text != PAGE


async def test_the_documentation_keeps_a_policy_of_its_own(browser: httpx.AsyncClient) -> None:
    policy = (await browser.get("/api/docs")).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("identity", ""),
    ],
)
async def test_the_best_coding_both_have_is_sent(
    browser: httpx.AsyncClient, accepted: str, coding: str
) -> None:
    async with browser.stream(
        "GET", "/assets/app-c0ffee.js", headers={"accept-encoding": accepted}
    ) as answer:
        raw = b"".join([each async for each in answer.aiter_raw()])
    expected = {"br": PACKED[".br"], "gzip": PACKED[".gz"], "": SCRIPT.encode()}
    assert (answer.headers.get("content-encoding", ""), raw) == (coding, expected[coding])
    assert answer.headers["vary"] == "accept-encoding"


def test_what_was_not_packed_is_sent_as_it_is() -> None:
    assert choose_coding("br, gzip", {"": b""}) == ""
    assert choose_coding("br;q=nonsense", {"": b"", "br": b""}) == ""


async def test_who_has_a_file_is_not_sent_it_again(browser: httpx.AsyncClient) -> None:
    first = await browser.get("/")
    for held in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = await browser.get("/", headers={"if-none-match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert (await browser.get("/", headers={"if-none-match": '"other"'})).status_code == 200


async def test_each_coding_has_an_etag_of_its_own(browser: httpx.AsyncClient) -> None:
    path = "/assets/app-c0ffee.js"
    tags = set()
    for coding in ("br", "gzip", "identity"):
        async with browser.stream("HEAD", path, headers={"accept-encoding": coding}) as answer:
            tags.add(answer.headers["etag"])
    assert len(tags) == 3


async def test_head_says_what_get_would(browser: httpx.AsyncClient) -> None:
    head, got = await browser.head("/"), await browser.get("/")
    assert head.content == b""
    assert head.headers == got.headers


async def test_other_methods_are_not_the_apps(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/assets/app-c0ffee.js"):
        assert (await browser.post(path)).status_code in {404, 405}


async def test_over_https_a_browser_is_to_come_back_over_https(world: World, folder: Path) -> None:
    for public, said in (("https://chat.example", "max-age=31536000"), ("http://chat.example", None)):
        services = replace(world.services, policy=HttpPolicy(public_url=public))
        transport = httpx.ASGITransport(app=build_app(services, load_web_app(folder)))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://hubbub.test") as client:
            for path in ("/", "/assets/app-c0ffee.js", "/api/v1/me"):
                answer = await client.get(path, headers={"accept-encoding": "identity"})
                assert answer.headers.get("strict-transport-security") == said


def test_a_folder_without_a_page_is_no_app(tmp_path: Path) -> None:
    assert load_web_app(tmp_path) is None
    assert load_web_app(tmp_path / "nowhere") is None


async def test_a_service_worker_may_fetch_what_the_page_may(browser: httpx.AsyncClient) -> None:
    """A worker's policy is the one its own file came with; under that of data it could not fetch the page to keep it."""
    page = await browser.get("/")
    script = await browser.get("/assets/app-c0ffee.js", headers={"accept-encoding": "identity"})
    assert script.headers["content-security-policy"] == page.headers["content-security-policy"]
