import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from hubbub.operate.cluster import service
from hubbub.operate.cluster.service import MissingError, ProgramFailedError, Service, find_program


class Deaf(Service):
    """Ignores what it is asked."""

    account = "daemon"

    def prepare(self) -> None:
        """Nothing."""

    def command(self) -> Sequence[str]:
        return ["sh", "-c", "trap '' TERM; touch ready; while :; do sleep 0.05; done"]

    def answers(self) -> bool:
        return (self.folder / "ready").exists()


def test_who_ignores_its_signal_is_killed_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = Deaf()
    deaf.start()
    process = Path(f"/proc/{deaf.pid}")
    monkeypatch.setattr(service, "WITHIN", 0.2)
    with pytest.raises(ProgramFailedError, match="sh did not end by its signal, and was killed"):
        deaf.stop()
    assert not process.exists()
    deaf.discard()
    assert not deaf.folder.exists()


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(MissingError, match="no-such-program"):
        find_program("no-such-program", os.defpath)
