"""Who may open a socket here: origins, addresses, proxies, and whether the server still takes anybody."""

from collections import Counter
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Any

from hubbub.codec.websocket_handshake import HandshakeRefused, Origin, UpgradeRequest, origin_allowed

MALFORMED, PATH, ORIGIN, DRAINING, ADDRESS = "malformed", "path", "origin", "draining", "address"
REASONS: Mapping[HTTPStatus, str] = {
    HTTPStatus.NOT_FOUND: PATH,
    HTTPStatus.FORBIDDEN: ORIGIN,
    HTTPStatus.SERVICE_UNAVAILABLE: DRAINING,
    HTTPStatus.TOO_MANY_REQUESTS: ADDRESS,
}
"""Why a handshake is refused, by the status it is refused with; any other status: it was no handshake."""


class Admission:
    """`per_address`: open connections of one address at most. `trusted`: proxies whose X-Forwarded-For is believed.

    `refused`: how many were turned away, by reason; who turns one away counts it.
    """

    def __init__(self, allowed: frozenset[Origin], per_address: float, trusted: Iterable[str]) -> None:
        self._allowed = allowed
        self._per_address = per_address
        self._trusted = [ip_network(each, strict=False) for each in trusted]
        self._open: Counter[str] = Counter()
        self.draining = False
        self.refused: Counter[str] = Counter(dict.fromkeys((MALFORMED, *REASONS.values()), 0))

    def address_of(self, peer: str, headers: Mapping[str, str]) -> str:
        """The client's address: the peer's, or what trusted proxies say, the last untrusted one from the right."""
        address = peer
        forwarded = headers.get("x-forwarded-for", "").split(",")
        while forwarded and self.trusts(address):
            said = forwarded.pop().strip()
            if not said:
                break
            address = said
        return address

    def address_of_scope(self, scope: Any) -> str:  # noqa: ANN401 - an ASGI scope
        """The same for an HTTP request."""
        client = scope.get("client")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return self.address_of(client[0] if client else "", headers)

    def trusts(self, address: str) -> bool:
        """Whether it is one of the proxies that are believed."""
        if not self._trusted:
            return False
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)

    def check(self, request: UpgradeRequest) -> None:
        """The path, the origin, and that the server is not about to end. Raises HandshakeRefused."""
        if request.path != "/ws":
            raise HandshakeRefused(HTTPStatus.NOT_FOUND, "There is no WebSocket here; it is at /ws.")
        if not origin_allowed(request.origin, self._allowed, request.host):
            text = f"Pages from {request.origin} may not connect; the operator lists them in allowed_origins."
            raise HandshakeRefused(HTTPStatus.FORBIDDEN, text)
        if self.draining:
            raise HandshakeRefused(
                HTTPStatus.SERVICE_UNAVAILABLE, "The server is restarting; come back in a moment."
            )

    def enter(self, address: str) -> None:
        """One more connection of the address; raises HandshakeRefused if it has too many."""
        if not self.take_place(address):
            raise HandshakeRefused(HTTPStatus.TOO_MANY_REQUESTS, "Too many connections from your address.")

    def take_place(self, address: str) -> bool:
        """Whether the address may have one more connection; it is counted then, until `leave`."""
        if self._open[address] >= self._per_address:
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str) -> None:
        """A connection of the address ended."""
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]
