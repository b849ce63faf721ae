"""The Python SDK of Hubbub."""
