"""What the controllers of `/admin` call; wiring fills it in."""

from dataclasses import dataclass

from hubbub.execute.administration import UserAdministration
from hubbub.execute.erasure import Erasure
from hubbub.execute.exports import Exports
from hubbub.execute.operations import Operations
from hubbub.execute.room_administration import RoomAdministration
from hubbub.execute.switching import Switching


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminServices:
    """The use cases of administrators."""

    users: UserAdministration
    rooms: RoomAdministration
    erasure: Erasure
    exports: Exports
    operations: Operations
    switching: Switching
