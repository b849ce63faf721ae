"""What the type of a setting says beside itself: its sentence for people, and the range allowed."""

from msgspec import Meta

LARGEST = 2**31 - 1  # no count or size of ours needs more, and every database and language can hold it
LONGEST = 366 * 86_400.0  # seconds: a year; rejects `inf`, and typing errors that look like forever


def count(doc: str, least: int = 0, most: int = LARGEST) -> Meta:
    """A number within these bounds."""
    return Meta(ge=least, le=most, description=doc)


def time(doc: str, least: float = 0.0, most: float = LONGEST) -> Meta:
    """A number within these bounds."""
    return Meta(ge=least, le=most, description=doc)


def text(doc: str, *, secret: bool = False) -> Meta:
    """Words; those of a `secret` are masked wherever they are shown."""
    return Meta(description=doc, extra={"secret": secret})
