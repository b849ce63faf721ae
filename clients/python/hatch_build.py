"""Build hook: hubbub_client/wire/chat_pb2.py and its stub from chat.proto, for wheels and for editable installs alike."""

import shutil
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VIRTUAL = (
    "hubbub/v1"  # the folder of package hubbub.v1, whatever the file's place is: descriptors carry this name
)
PLACE = Path("hubbub_client/wire")
GENERATED = ("chat_pb2.py", "chat_pb2.pyi")


class ProtobufBuildHook(BuildHookInterface[Any]):
    """Runs protoc, which grpcio-tools brings along."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Generate before anything is packed; git ignores what is generated, so hatchling is told to take it."""
        generate(Path(self.root) / PLACE)
        build_data["artifacts"] += [f"/{PLACE}/{name}" for name in GENERATED]


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
