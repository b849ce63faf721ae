"""Who holds a folder knows who held it before."""

from pathlib import Path

import pytest

from hubbub.persist.hold import hold


def test_the_next_learns_who_has_ended(tmp_path: Path) -> None:
    with hold(tmp_path, name="first") as former:
        assert former == ""
        with pytest.raises(OSError, match="another hubbub serves from"), hold(tmp_path, name="second"):
            pass
    with hold(tmp_path, name="second") as former:
        assert former == "first"


def test_of_several_that_share_none_has_ended(tmp_path: Path) -> None:
    with hold(tmp_path, name="first"):
        pass
    with hold(tmp_path, shared=True) as one, hold(tmp_path, shared=True) as other:
        assert (one, other) == ("", "")
