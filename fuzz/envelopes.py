"""Fuzz target: the decoders of envelopes. Whatever comes is a request or is refused; and both codecs mean the same.

    pip install atheris && python fuzz/envelopes.py -runs=20000 fuzz/corpus/envelopes

An input is taken as JSON if it begins with a brace, else as Protobuf. What one decoder takes is written in the other codec, and read
again as the same request. `check` needs no atheris.
"""

import contextlib
import json as plain
import sys

loading: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
if __name__ == "__main__":
    import atheris

    loading = atheris.instrument_imports(include=["hubbub"])
with loading:
    import msgspec

    from hubbub.codec import json, protobuf
    from hubbub.codec.chat_pb2 import ClientEnvelope
    from hubbub.codec.malformed import MalformedError
    from hubbub.model.commands import AnyCommand

LARGEST_ID = 2**32 - 1


def check(data: bytes) -> None:
    """Raises AssertionError if the codecs disagree, or whatever a decoder should not have raised."""
    command = decoded(data)
    if isinstance(command, MalformedError):
        assert command.id is None or 0 <= command.id <= LARGEST_ID
        assert command.message.endswith(".")
        return
    if getattr(command, "cursors", None) == {}:
        command.cursors = None  # what Protobuf cannot tell from {}, and nobody needs to
    for again in (json.decode(in_json(command)), protobuf.decode(in_protobuf(command))):
        assert again == command, f"{again} instead of {command} from {data.hex()}"


def decoded(data: bytes) -> AnyCommand | MalformedError:
    try:
        return json.decode(data) if data.startswith(b"{") else protobuf.decode(data)
    except MalformedError as malformed:
        return malformed


def in_json(command: AnyCommand) -> bytes:
    return plain.dumps(msgspec.to_builtins(command)).encode()


def in_protobuf(command: AnyCommand) -> bytes:
    fields = msgspec.to_builtins(command)
    around = {name: fields.pop(name) for name in ("id", "traceparent") if name in fields}
    return ClientEnvelope(**around, **{fields.pop("type"): fields}).SerializeToString()


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
