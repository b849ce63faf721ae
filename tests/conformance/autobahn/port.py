"""Turns the Autobahn testsuite's cases (Python 2 source, Apache-2.0) into a Python 3 package.

Every `str` of the original is bytes. The port keeps them `str`, one character per byte (Latin-1), so that the
cases need no further change; `fuzzing_client` encodes at the edge. Left out: the compression cases (groups 12, 13),
since the server never negotiates an extension, and 9.9.1, which the original does not run either.
"""

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

LEFT_OUT = frozenset({"case12_x_x.py", "case9_9_1.py"})

EDITS = (
    # Python 2 to 3
    (r"^(\s*)print\b ?(.*)$", r"\1print(\2)"),
    (r"^from (case\w*) import", r"from .\1 import"),
    (r"\bxrange\b", "range"),
    (r"\bunichr\b", "chr"),
    (r"\(object, Case, \)", "(Case,)"),
    (r"\.tostring\(\)", ".tobytes().decode('latin-1')"),
    (r"v\.validate\(vss\[:i\]\)", "v.validate(vss[:i].encode('latin-1'))"),
    (r"binascii\.b2a_hex\(", "repr("),
    (r"len\(self\.payload\) / ", "len(self.payload) // "),
    (r"pickle\.dumps\(obj1\) == pickle\.dumps\(obj2\)", "obj1 == obj2"),
    # What is left out
    (r"^from \.case(12_x_x|9_9_1) import .*$", ""),
    (r"^.*\bCase1[23]_X_X.*$", ""),
)


def port_cases(sdist: Path, folder: Path) -> None:
    """Write the cases in `sdist` as the package `autobahn_cases` in `folder`, which appears once it is complete."""
    unfinished = folder.with_suffix(".unfinished")
    package = unfinished / "autobahn_cases"
    package.mkdir(parents=True, exist_ok=True)
    for name, source in _case_sources(sdist):
        (package / name).write_text(port_source(source), encoding="utf-8")
    unfinished.rename(folder)


def port_source(source: str) -> str:
    for pattern, replacement in EDITS:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE)
    return source


def _case_sources(sdist: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(sdist) as archive:
        for member in archive:
            path = Path(member.name)
            if path.parent.name == "case" and path.suffix == ".py" and path.name not in LEFT_OUT:
                file = archive.extractfile(member)
                assert file is not None
                yield path.name, file.read().decode("latin-1")
