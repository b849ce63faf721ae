import re

import pytest
from tests.unit.accept.http.world import Setup, World

from hubbub.accept.http.services import HttpPolicy

ROOT = "http://hubbub.test"
PAGE = "https://page.example"
CORS = Setup(policy=HttpPolicy(allowed_origins=(PAGE,)))
ROUTES = {
    "POST /accounts", "POST /sessions", "POST /sessions/refresh", "GET /sessions", "DELETE /sessions",
    "DELETE /sessions/{session}", "GET /me", "PATCH /me",
    "PUT /me/avatar", "GET /avatars/{name}", "GET /server", "GET /oidc/{alias}/start",
    "GET /oidc/{alias}/callback", "POST /oidc/session", "GET /users/{user}", "GET /chats", "GET /chats/{chat}",
    "GET /chats/{chat}/entries", "POST /chats/{chat}/entries", "POST /direct/{user}/entries",
    "PATCH /chats/{chat}/entries/{seq}", "DELETE /chats/{chat}/entries/{seq}",
    "PUT /chats/{chat}/entries/{seq}/reactions/{emoji}", "DELETE /chats/{chat}/entries/{seq}/reactions/{emoji}",
    "PUT /chats/{chat}/cursor", "POST /rooms", "GET /rooms", "PATCH /rooms/{chat}", "GET /rooms/{chat}/members",
    "POST /rooms/{chat}/members", "PATCH /rooms/{chat}/members/{user}", "DELETE /rooms/{chat}/members/{user}",
    "PUT /rooms/{chat}/bans/{user}", "DELETE /rooms/{chat}/bans/{user}", "GET /friends", "POST /friends",
    "POST /friends/{user}/accept", "POST /friends/{user}/decline", "DELETE /friends/{user}", "PUT /blocks/{user}",
    "DELETE /blocks/{user}", "GET /presence",
    "GET /admin/users", "GET /admin/users/{user}", "PUT /admin/users/{user}/ban", "DELETE /admin/users/{user}/ban",
    "PUT /admin/users/{user}/right", "DELETE /admin/users/{user}/right", "PUT /admin/users/{user}/password",
    "GET /admin/users/{user}/sessions", "DELETE /admin/users/{user}/sessions",
    "DELETE /admin/users/{user}/sessions/{session}", "GET /admin/users/{user}/export", "POST /admin/users/{user}/erase",
    "GET /admin/rooms", "GET /admin/rooms/{chat}",
    "DELETE /admin/rooms/{chat}", "GET /admin/rooms/{chat}/members", "GET /admin/rooms/{chat}/bans",
    "PUT /admin/rooms/{chat}/owner", "GET /admin/health", "GET /admin/outbox", "POST /admin/outbox/retry",
    "GET /admin/audit", "GET /admin/switches", "PUT /admin/switches/{feature}",
}  # fmt: skip


async def document(world: World) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    answer = await world.http.get(f"{ROOT}/api/docs/openapi.json")
    assert answer.status_code == 200
    return answer.json()


async def test_the_documentation_names_every_route_of_the_protocol_and_no_other(world: World) -> None:
    paths = (await document(world))["paths"]
    built = {f"{method.upper()} {path.removeprefix('/api/v1')}" for path in paths for method in paths[path]}
    assert built == ROUTES


async def test_the_documentation_says_which_routes_need_a_token(world: World) -> None:
    described = await document(world)
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    open_routes = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if operation.get("security") != [{"bearer": []}]
    }
    assert open_routes == {
        "POST /accounts",
        "POST /sessions",
        "POST /sessions/refresh",
        "GET /avatars/{name}",
        "GET /server",
        "GET /oidc/{alias}/start",
        "GET /oidc/{alias}/callback",
        "POST /oidc/session",
    }


async def test_the_documentation_says_how_errors_look(world: World) -> None:
    described = await document(world)
    for methods in described["paths"].values():
        for operation in methods.values():
            refused = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
            assert {"400", "500", "503"} <= set(refused)
            for answer in refused.values():
                assert set(answer["content"]) == {"application/problem+json"}
    assert set(described["components"]["schemas"]["Problem"]["required"]) == {
        "type",
        "title",
        "status",
        "detail",
        "code",
    }


async def test_an_answer_without_a_body_is_documented_without_one(world: World) -> None:
    silent = [
        operation["responses"]["204"]
        for methods in (await document(world))["paths"].values()
        for operation in methods.values()
        if "204" in operation["responses"]
    ]
    assert len(silent) == 11
    assert not any("content" in answer for answer in silent)


async def test_answers_are_documented_without_the_envelope(world: World) -> None:
    schemas = (await document(world))["components"]["schemas"]
    assert sorted(schemas["Sent"]["properties"]) == ["chat", "duplicate", "msg_id", "seq", "ts"]


@pytest.mark.parametrize("path", ["/", "/api/docs"])
async def test_pages_load_nothing_and_run_nothing(world: World, path: str) -> None:
    answer = await world.http.get(ROOT + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|https?://(?!hubbub\.test)", answer.text)
    assert answer.text.count("<style>") == 1


async def test_the_landing_page_says_how_to_talk_and_where_the_documentation_is(world: World) -> None:
    page = (await world.http.get(f"{ROOT}/")).text
    assert "hubbub chat http://hubbub.test" in page
    assert 'href="/api/docs"' in page


@pytest.mark.parametrize("setup", [Setup(policy=HttpPolicy(public_url="https://chat.example/"))])
async def test_the_landing_page_gives_the_public_address_where_there_is_one(world: World) -> None:
    assert "hubbub chat https://chat.example<" in (await world.http.get(f"{ROOT}/")).text


async def test_the_landing_page_is_not_written_by_its_visitor(world: World) -> None:
    page = (await world.http.get(f"{ROOT}/", headers={"host": 'x"><script>alert(1)</script>'})).text
    assert "<script" not in page


async def test_the_documentation_page_lists_every_route(world: World) -> None:
    page = re.sub(r"<[^>]*>", "", (await world.http.get(f"{ROOT}/api/docs")).text)
    for route in ROUTES:
        method, path = route.split(" ")
        assert f"{method}/api/v1{path}" in page


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/metrics", "/nothing", "/api", "/api/v1", "/api/v1/nothing"]
)
async def test_what_is_not_there_is_a_problem(world: World, path: str) -> None:
    answer = await world.http.get(ROOT + path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_a_wrong_method_says_which_ones_are_right(world: World) -> None:
    answer = await world.ask("DELETE", "/accounts")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/nothing", "/", "/api/docs/openapi.json"])
async def test_every_answer_tells_browsers_to_be_careful(world: World, path: str) -> None:
    headers = (await world.http.get(ROOT + path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def preflight(world: World, origin: str) -> dict[str, str]:
    answer = await world.ask(
        "OPTIONS",
        "/me",
        origin=origin,
        access_control_request_method="GET",
        access_control_request_headers="authorization",
    )
    return dict(answer.headers)


async def test_other_origins_are_off_by_default(world: World) -> None:
    assert "access-control-allow-origin" not in await preflight(world, PAGE)
    answer = await world.ask("GET", "/me", origin=PAGE)
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("setup", [CORS])
async def test_named_origins_may_ask_with_a_token(world: World) -> None:
    allowed = await preflight(world, PAGE)
    assert allowed["access-control-allow-origin"] == PAGE
    assert "authorization" in allowed["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in allowed
    answer = await world.ask("GET", "/me", origin=PAGE)
    assert answer.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize("setup", [CORS])
@pytest.mark.parametrize(
    "origin",
    [
        "https://page.example.evil.example",
        "http://page.example",
        "https://page.example:8443",
        "null",
        "https://pageXexample",
    ],
)
async def test_origins_are_compared_exactly(world: World, origin: str) -> None:
    assert "access-control-allow-origin" not in await preflight(world, origin)
    answer = await world.ask("GET", "/me", origin=origin)
    assert answer.headers.get("access-control-allow-origin") != origin
