"""`/admin/switches`: what the server lets go under load."""

from typing import Literal

from litestar import Controller, get, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from hubbub.accept.http.admin.right import authorize
from hubbub.accept.http.asking import Ask
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.features import FEATURES, SwitchView


class SwitchList(Struct, kw_only=True):
    """Every feature, in the order they are let go; `on` is about the node that answers."""

    switches: list[SwitchView]


class NewMode(Struct, kw_only=True, forbid_unknown_fields=True):
    """`default`: as the settings say."""

    mode: Literal["on", "off", "auto", "default"]


class AdminSwitchesController(Controller):
    """Features that may be let go."""

    path = "/admin/switches"
    tags = ("Administration",)
    guards = (authorize,)
    security = AUTHENTICATED

    @get(responses=answers(SwitchList))
    async def list_switches(self, ask: Ask) -> SwitchList:
        """What is on."""
        return SwitchList(switches=ask.services.admin.switching.show())

    @put("/{feature:str}", responses=answers(SwitchList))
    async def switch(self, ask: Ask, feature: FromPath[str], data: JSONBody[NewMode]) -> SwitchList:
        """Switch it on every node, within a second."""
        chosen = next((each for each in FEATURES if each == feature), None)
        if chosen is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such feature.")
        mode = None if data.mode == "default" else data.mode
        return SwitchList(switches=await ask.services.admin.switching.set(ask.caller, chosen, mode, ask.now))
