"""Logging in through a real identity provider: npm's oidc-provider on loopback, asked by a script and by a browser."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from playwright.sync_api import expect
from tests.web.conftest import Visitors

from hubbub.operate.cluster.ports import free_port
from hubbub.testing.server_process import ServerProcess

PROVIDER = Path(__file__).with_name("provider.mjs")
SETTINGS = """
public_url = "{public}"

[auth.external.corp]
label = "The Corporation"
issuer = "{issuer}"
algorithms = ["RS256"]
client_id = "hubbub"
client_secret = "a secret of the corporation"

[auth.external.gone]
issuer = "http://127.0.0.1:{nowhere}"
algorithms = ["RS256"]
client_id = "hubbub"
"""


@pytest.fixture(scope="module")
def issuer() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def server(app: None, issuer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that knows how browsers reach it, because the provider has to."""
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    settings = {"toml": SETTINGS.format(public=public, issuer=issuer, nowhere=free_port())}
    running = ServerProcess(tmp_path_factory.mktemp("server"), settings)
    running.port = port
    running.start()
    yield running
    running.crash()


@pytest.fixture(scope="module", autouse=True)
def provider(server: ServerProcess, issuer: str) -> Iterator[None]:
    node = shutil.which("node")
    assert node is not None
    command = [node, str(PROVIDER), str(urlsplit(issuer).port), f"{server.http}/oidc/corp/callback"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.terminate()


class Script:
    """A browser without a screen: follows redirects, fills in forms, keeps cookies."""

    def __init__(self, server: ServerProcess) -> None:
        self.http = httpx.Client(timeout=60)
        self._server = server

    def starts(self, alias: str = "corp", return_to: str = "/#/chat/r1") -> httpx.Response:
        url = f"{self._server.http}/oidc/{alias}/start"
        return self.follows(self.http.get(url, params={"return_to": return_to}))

    def follows(self, answer: httpx.Response) -> httpx.Response:
        """Until there is a page, or the way leads back to the server."""
        while answer.is_redirect:
            target = urljoin(str(answer.url), answer.headers["location"])
            if target.startswith(self._server.root):
                return answer
            answer = self.http.get(target)
        return answer

    def fills(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Send the page's form."""
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert action is not None, page.text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)"', page.text))
        return self.follows(self.http.post(urljoin(str(page.url), action[1]), data=hidden | fields))

    def logs_in(self, user: str) -> str:
        """There, and to the address the provider sends it back to."""
        consent = self.fills(self.starts(), login=user, password="any")
        return str(self.fills(consent).headers["location"])

    def comes_back(self, address: str) -> dict[str, str]:
        """What the app is told in its address."""
        answer = self.http.get(address)
        assert answer.status_code == 302
        target = urlsplit(answer.headers["location"])
        assert (target.netloc, target.path) == ("", "/")
        return {name: values[0] for name, values in parse_qs(target.query).items()}

    def redeems(self) -> httpx.Response:
        return self.http.post(f"{self._server.http}/oidc/session", json={"device": "script"})


@pytest.fixture
def script(server: ServerProcess) -> Iterator[Script]:
    made = Script(server)
    yield made
    made.http.close()


def test_there_and_back(script: Script, server: ServerProcess) -> None:
    assert script.comes_back(script.logs_in("ann")) == {"provider": "corp"}
    tokens = script.redeems().json()
    assert (tokens["user"], tokens["return_to"]) == ("corp:ann", "/#/chat/r1")
    headers = {"Authorization": f"Bearer {tokens['token']}"}
    me = script.http.get(f"{server.http}/me", headers=headers).json()
    assert me == {"user": "corp:ann", "display_name": "Ann of Corp"}
    [session] = script.http.get(f"{server.http}/sessions", headers=headers).json()["sessions"]
    assert (session["device"], session["current"]) == ("script", True)
    assert script.redeems().status_code == 401


def test_a_callback_that_is_replayed_gives_nothing(script: Script) -> None:
    """Not to the browser itself, whose attempt is used up, nor to one that kept the attempt: the code is used up too."""
    address = script.logs_in("bea")
    attempt = script.http.cookies["hubbub-login"]
    assert script.comes_back(address) == {"provider": "corp"}
    assert script.comes_back(address)["error"] == "expired"
    script.http.cookies.set("hubbub-login", attempt)
    assert script.comes_back(address)["error"] == "invalid"


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("state", "another", "expired"),
        ("code", "another", "invalid"),
        ("iss", "https://evil.example", "invalid"),
    ],
)
def test_an_answer_that_was_changed_on_the_way_gives_nothing(
    script: Script, name: str, value: str, error: str
) -> None:
    address = httpx.URL(script.logs_in("cleo"))
    assert name in address.params
    assert script.comes_back(str(address.copy_set_param(name, value)))["error"] == error
    assert script.redeems().status_code == 401


def test_another_persons_answer_gives_nothing(script: Script, server: ServerProcess) -> None:
    """Log-in CSRF: dora's browser is led to the address mallory was sent back to."""
    mallory = Script(server)
    address = mallory.logs_in("mallory")
    mallory.http.close()
    assert script.comes_back(address)["error"] == "expired"
    script.starts()
    assert script.comes_back(address)["error"] == "expired"


def test_who_changes_their_mind_is_told_so(script: Script) -> None:
    page = script.starts()
    abort = re.search(r'href="([^"]+/abort)"', page.text)
    assert abort is not None, page.text
    answer = script.follows(script.http.get(urljoin(str(page.url), abort[1])))
    assert script.comes_back(answer.headers["location"]) == {"provider": "corp", "error": "cancelled"}


def test_a_provider_that_is_away_is_told_so(script: Script) -> None:
    answer = script.starts("gone")
    assert answer.headers["location"] == "/?provider=gone&error=unavailable"


def test_a_visitor_without_a_session_is_redirected_there_and_back(visitors: Visitors, issuer: str) -> None:
    erin = visitors.stranger("erin")
    erin.watch.may_call.add(urlsplit(issuer).netloc)
    erin.page.goto(f"{erin.origin}/#/friends")
    erin.page.get_by_role("link", name="Continue with The Corporation").click()
    erin.page.get_by_placeholder("Enter any login").fill("erin")
    erin.page.get_by_placeholder("and password").fill("any")
    erin.page.get_by_role("button", name="Sign-in").click()
    erin.page.get_by_role("button", name="Continue").click()
    erin.is_in()
    expect(erin.page).to_have_url(f"{erin.origin}/#/friends")
    expect(erin.page.get_by_role("complementary", name="Chats, friends and rooms")).to_contain_text(
        "Erin of Corp"
    )
    erin.page.reload()
    erin.is_in()
    assert not [each for each in erin.context.cookies() if each["name"].startswith("hubbub")]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("unavailable", "does not answer"),
        ("cancelled", ""),
        ("expired", ""),
        ("invalid", ""),
        ("limited", ""),
    ],
)
def test_a_failure_is_shown_in_plain_words(visitors: Visitors, error: str, words: str) -> None:
    frank = visitors.stranger("frank")
    frank.page.goto(f"{frank.origin}/?provider=corp&error={error}")
    note = frank.page.get_by_role("status").filter(has_text=re.compile(r"\w+ \w+ \w+"))
    expect(note).to_contain_text(words)
    assert error not in note.inner_text().split()
