"""The fuzz target's check, without atheris: on the regression corpus, and on seeded inputs."""

import random
import runpy
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[3] / "fuzz"
CORPUS = sorted((FUZZ / "corpus" / "websocket_frames").iterdir())
check = runpy.run_path(str(FUZZ / "websocket_frames.py"))["check"]

FIRST_BYTES = bytes((0x00, 0x01, 0x02, 0x80, 0x80, 0x81, 0x81, 0x82, 0x88, 0x89, 0x8A, 0x8B, 0xC1))
CHARACTERS = b"az\x00\x7f\x80\x8f\x90\x9f\xa0\xbf\xc2\xc3\xe0\xe1\xed\xf0\xf4\xf5\xff"


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_corpus(path: Path) -> None:
    check(path.read_bytes())


@pytest.mark.parametrize("seed", range(8))
def test_seeded_recipes(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(150):
        check(recipe(chance))


def recipe(chance: random.Random) -> bytes:
    """Mostly valid frames, in the fuzz target's notation: odd chunk size, then first byte, length, mask, payload."""
    parts = [bytes((chance.randrange(128) * 2 + 1,))]
    for _ in range(chance.randrange(1, 7)):
        length = chance.choice((0, 0, 1, 2, 3, 5, 60, 125, 126, 150, 255))
        alphabet = chance.choice((b"ab", CHARACTERS))
        payload = bytes(chance.choices(alphabet, k=length))
        parts.append(bytes((chance.choice(FIRST_BYTES), length, chance.randrange(256))) + payload)
    whole = b"".join(parts)
    return whole[: chance.choice((len(whole), chance.randrange(len(whole)) + 1))]
