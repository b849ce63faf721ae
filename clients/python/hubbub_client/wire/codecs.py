"""The codecs by the name an application gives them."""

from collections.abc import Callable, Mapping
from typing import Literal

from hubbub_client.wire.codec import Codec
from hubbub_client.wire.json_codec import JsonCodec
from hubbub_client.wire.protobuf_codec import ProtobufCodec

CodecName = Literal["json", "protobuf"]

CODECS: Mapping[CodecName, Callable[[], Codec]] = {"json": JsonCodec, "protobuf": ProtobufCodec}
