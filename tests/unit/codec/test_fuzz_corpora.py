"""The checks of the fuzz targets for data frames and envelopes, without atheris: on their corpora, and on seeded inputs.

The corpora hold what was found wrong once, and the beginnings atheris starts from.
"""

import json
import random
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FUZZ = ROOT / "fuzz"
VECTORS = ROOT / "tests" / "conformance" / "hubbub_conformance" / "vectors"
CHECKS: dict[str, Callable[[bytes], None]] = {
    name: runpy.run_path(str(FUZZ / f"{name}.py"))["check"] for name in ("data_frames", "envelopes")
}
CORPUS = [(name, path) for name in CHECKS for path in sorted((FUZZ / "corpus" / name).iterdir())]
ROUNDS = 1_500


@pytest.mark.parametrize(("name", "path"), CORPUS, ids=lambda each: getattr(each, "name", each))
def test_corpus(name: str, path: Path) -> None:
    CHECKS[name](path.read_bytes())


@pytest.mark.parametrize("seed", range(4))
def test_seeded_streams_of_frames(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        CHECKS["data_frames"](bytes(chance.choices(b"HUB1\0\1\2\x08\x28\x80\xff", k=chance.randrange(80))))


@pytest.mark.parametrize("seed", range(4))
def test_seeded_changes_of_valid_envelopes(seed: int) -> None:
    chance = random.Random(seed)
    requests = json.loads((VECTORS / "requests.json").read_text())
    valid = [bytes.fromhex(each["protobuf"]) for each in requests]
    valid += [json.dumps(each["envelope"]).encode() for each in requests]
    for _ in range(ROUNDS):
        CHECKS["envelopes"](changed(chance, chance.choice(valid)))


def changed(chance: random.Random, envelope: bytes) -> bytes:
    """A byte or two other, more or less."""
    bytes_ = bytearray(envelope)
    for _ in range(chance.randrange(3)):
        at = chance.randrange(len(bytes_) + 1)
        match chance.randrange(3):
            case 0:
                bytes_[at:at] = bytes((chance.randrange(256),))
            case 1:
                del bytes_[at : at + 1]
            case _:
                bytes_[at : at + 1] = bytes((chance.choice(b'\0\1\x08\x12\x80\xff{}":,\\u0'),))
    return bytes(bytes_)
