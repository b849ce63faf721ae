"""The words of protocol.md §2 as msgspec Structs, and the codecs that turn them into bytes."""
