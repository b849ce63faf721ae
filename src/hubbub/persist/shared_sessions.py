"""Sessions of external tokens that some node has already made rows of: the others need not ask the database when their users come."""

from collections.abc import Callable

from hubbub.model.sessions import ExternalSessions, Session
from hubbub.persist.shared_state import SharedState


class SharedSessions:
    """Implements model.sessions.ExternalSessions, before the store `behind`.

    `<ns>:session:<epoch>:<id>` says that the rows are there, until the session ends. Nobody is let in for it: what a
    token is worth its signature says, and every node knows from the database which sessions are revoked.
    """

    def __init__(
        self, behind: ExternalSessions, state: SharedState, epoch: str, clock: Callable[[], int]
    ) -> None:
        self._behind = behind
        self._state = state
        self._epoch = epoch
        self._clock = clock

    async def ensure(self, session: Session, display_name: str) -> None:
        """The rows of an external user and session, if they are not there yet."""
        key = self._state.key("session", self._epoch, session.id)
        answers = await self._state.ask([("EXISTS", key)])
        if answers is not None and answers[0]:
            return
        await self._behind.ensure(session, display_name)
        left_ms = session.expires_at - self._clock()
        if answers is not None and left_ms > 0:
            await self._state.ask([("SET", key, "", "PX", left_ms)])
