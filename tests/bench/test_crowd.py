"""The crowd's shared memory and its words: delays are kept to six per cent, tokens are those the server makes."""

import json
import random
from pathlib import Path

import pytest
from crowd.board import Board, bucket_of, delay_of, percentile
from crowd.words import Signer, frames, hello, number_after

from hubbub.codec.access_tokens import read
from hubbub.codec.websocket_frames import FrameLimits, FrameReader

SECRET = "s" * 32


@pytest.mark.parametrize("delay", [0, 1, 15, 16, 17, 31, 32, 33, 1_000, 65_535, 65_536, 10**9])
def test_a_delay_is_told_to_six_per_cent_and_never_too_short(delay: int) -> None:
    told = delay_of(bucket_of(delay))
    assert delay <= told <= delay * 1.0625 + 1


def test_percentiles_are_those_of_the_delays() -> None:
    chance = random.Random(7)
    delays = sorted(int(chance.lognormvariate(9, 1)) for _ in range(5_000))
    histogram = [0] * (bucket_of(delays[-1]) + 1)
    for delay in delays:
        histogram[bucket_of(delay)] += 1

    for part in (0.5, 0.99, 1.0):
        exact = delays[min(len(delays) - 1, int(len(delays) * part))]
        assert exact * 0.99 <= percentile(histogram, part) <= exact * 1.08
    assert percentile([], 0.99) == 0


def test_the_board_adds_up_what_holders_write(tmp_path: Path) -> None:
    bench = Board.make(tmp_path / "board", 2)
    for holder in range(2):
        row = Board(tmp_path / "board").row(holder)
        row[0] = 10 + holder
        row[-1] = 1
    bench.order(1, "goal", 7)

    assert bench.totals()["open"] == 21
    assert bench.delays()[-1] == 2
    assert sum(bench.totals().values()) == 21, "orders are no counters"


def test_a_hello_is_one_frame_with_a_token_the_server_believes() -> None:
    token = Signer(SECRET, 1_700_000_000, 60).token(42)
    claims = read(token, SECRET.encode())
    assert claims is not None
    assert (claims.user, claims.session, claims.expires_at) == ("u000042", "s-bench-42", 1_700_000_060_000)

    reader = FrameReader(FrameLimits(max_message_bytes=10_000, max_fragments=1))
    ((_, payload),) = reader.feed(hello(42, token, {"r1": 5}))
    said = json.loads(payload)
    assert (said["type"], said["token"], said["cursors"]) == ("hello", token, {"r1": 5})


def test_frames_are_told_apart_wherever_the_kernel_cuts() -> None:
    data = b"\x89\x00" + b'\x81\x0b{"seq":123}' + b"\x81\x7e\x01\x00" + b"x" * 256
    for cut in range(len(data)):
        whole = [(first, payload) for first, payload, _ in frames(data[:cut])]
        assert whole == [(first, payload) for first, payload, _ in frames(data)][: len(whole)]
    assert [(first, len(payload)) for first, payload, _ in frames(data)] == [
        (0x89, 0),
        (0x81, 11),
        (0x81, 256),
    ]
    assert number_after(b'{"seq":123}', b'"seq":') == 123
