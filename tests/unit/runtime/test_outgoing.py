"""Calls to other people's services, against sockets that answer as they should not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from hubbub.runtime import outgoing
from hubbub.runtime.outgoing import FAILURES, MAX_BYTES, AnsweredError, get, post_form

Asked = list[bytes]


@asynccontextmanager
async def website(answer: bytes, asked: Asked | None = None) -> AsyncIterator[str]:
    """A server that says `answer` to everybody, once the request is whole."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        body = await reader.readexactly(length)
        if asked is not None:
            asked.append(head + body)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/there"


async def test_a_document_is_fetched() -> None:
    async with website(b"HTTP/1.0 200 OK\r\n\r\n{}") as url:
        assert await get(url) == b"{}"


async def test_a_form_is_posted() -> None:
    asked: Asked = []
    async with website(b"HTTP/1.0 200 OK\r\n\r\n{}", asked) as url:
        assert await post_form(url, {"code": "a b&c"}, {"Authorization": "Basic eA=="}) == b"{}"
    [request] = asked
    assert request.startswith(b"POST /there ")
    assert b"Authorization: Basic eA==\r\n" in request
    assert request.endswith(b"\r\n\r\ncode=a+b%26c")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\n" + b" " * (MAX_BYTES + 1),
        b"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
        b"HTTP/1.0 500 No\r\n\r\n",
        b"HTTP/1.0 500 No\r\n\r\n" + b" " * (MAX_BYTES + 1),
        b"nonsense\r\n\r\n",
        b"",
    ],
    ids=["too much", "elsewhere", "an error", "a large error", "no HTTP", "nothing"],
)
@pytest.mark.parametrize("call", [get, lambda url: post_form(url, {}, {})], ids=["get", "post"])
async def test_what_is_no_document_is_a_failure(
    answer: bytes, call: Callable[[str], asyncio.Future[bytes]]
) -> None:
    async with website(answer) as url:
        with pytest.raises(FAILURES):
            await call(url)


async def test_who_refuses_is_quoted() -> None:
    async with website(b'HTTP/1.0 400 No\r\n\r\n{"error": "invalid_grant"}') as url:
        with pytest.raises(AnsweredError) as refused:
            await post_form(url, {}, {})
    assert (refused.value.status, refused.value.body) == (400, b'{"error": "invalid_grant"}')


async def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "WHOLE_SECONDS", 0.2)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.01)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    try:
        with pytest.raises(TimeoutError):
            await get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    finally:
        server.close()
