"""The words of protocol.md §2 as msgspec Structs, and the codecs that turn them into bytes.

requests.py, replies.py, pushes.py, entries.py   the words      codec.py   what a codec is
json_codec.py, protobuf_codec.py                 the codecs     chat.proto the words of the second, a copy of the server's
"""
