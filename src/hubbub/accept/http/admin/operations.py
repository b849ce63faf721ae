"""`/admin/health`, `/outbox`, `/audit`: the server itself."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import QueryParameter

from hubbub.accept.http.admin.right import authorize
from hubbub.accept.http.asking import Ask
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.administration import AuditPage, Health, OutboxView

END = 2**53


class AdminOperationsController(Controller):
    """The running server."""

    path = "/admin"
    tags = ("Administration",)
    guards = (authorize,)
    security = AUTHENTICATED

    @get("/health", responses=answers(Health))
    async def health(self, ask: Ask) -> Health:
        """The node that answers, and who else serves."""
        return await ask.services.admin.operations.health()

    @get("/outbox", responses=answers(OutboxView))
    async def outbox(self, ask: Ask) -> OutboxView:
        """What is stored but not yet on the bus."""
        return await ask.services.admin.operations.outbox()

    @post("/outbox/retry", status_code=200, responses=answers(OutboxView))
    async def retry_outbox(self, ask: Ask) -> OutboxView:
        """Put it there now."""
        return await ask.services.admin.operations.retry(ask.caller, ask.now)

    @get("/audit", responses=answers(AuditPage))
    async def audit(
        self,
        ask: Ask,
        before: Annotated[int, QueryParameter(ge=0, le=END, description="ms since the epoch")] = END,
    ) -> AuditPage:
        """What administrators did before that, the latest first."""
        return await ask.services.admin.operations.audited(before)
