"""What administrators have of this node: its use cases on the same journal, sessions and bus as everybody's."""

from collections.abc import Awaitable, Callable
from importlib.metadata import version

from hubbub.accept.connection import Gate
from hubbub.accept.http.admin.services import AdminServices
from hubbub.execute.administration import UserAdministration
from hubbub.execute.erasure import Erasure
from hubbub.execute.exports import Exports
from hubbub.execute.operations import Operations
from hubbub.execute.room_administration import RoomAdministration
from hubbub.execute.switching import Switching
from hubbub.model.accounts import Passwords
from hubbub.model.administration import Commit, Health
from hubbub.model.features import FEATURES, Switches
from hubbub.model.ports import Desk
from hubbub.model.sessions import Lifetimes, OnRevoked
from hubbub.persist.administration import StoredAdministration
from hubbub.persist.archive import StoredArchive
from hubbub.persist.audit import StoredAudit
from hubbub.persist.engine import Database
from hubbub.persist.erasure import StoredErasure
from hubbub.persist.journal import Journal
from hubbub.persist.nodes import serving
from hubbub.persist.outbox import Outbox
from hubbub.persist.sessions import StoredSessions
from hubbub.persist.switches import StoredSwitches
from hubbub.publish.relay import Relay
from hubbub.push.presence import PresenceBoard
from hubbub.wiring.cluster import Cluster, OnProfile
from hubbub.wiring.settings import Settings
from hubbub.wiring.settings.tree import bound


def administration(
    database: Database,
    lifetimes: Lifetimes,
    passwords: Passwords,
    on_revoked: OnRevoked,
    on_profile: OnProfile,
    desk: Desk,
    commit: Commit,
    outbox: Outbox,
    relay: Relay,
    health: Callable[[], Awaitable[Health]],
    switching: StoredSwitches,
    switches: Switches,
    *,
    password_chars: int,
) -> AdminServices:
    """The use cases behind `/admin`."""
    store, audit = StoredAdministration(database, lifetimes), StoredAudit(database)
    sessions = StoredSessions(database, lifetimes)
    return AdminServices(
        users=UserAdministration(
            store, sessions, passwords, on_revoked, audit, password_chars=password_chars
        ),
        rooms=RoomAdministration(store, desk, commit, audit),
        erasure=Erasure(
            store, StoredErasure(database, lifetimes), desk, commit, on_revoked, on_profile, audit
        ),
        exports=Exports(store, StoredArchive(database), desk.people, sessions, audit),
        switching=Switching(switches, switching, audit),
        operations=Operations(outbox, relay.recover, health, audit),
    )


def switches_of(settings: Settings) -> Switches:
    """The features as the settings have them."""
    asked = settings.degrade
    modes = {feature: getattr(asked, feature) for feature in FEATURES}
    return Switches(modes, asked.late_ms, bound(asked.waiting_bytes), asked.calm_seconds)


def health_of(
    database: Database,
    epoch: str,
    clock: Callable[[], int],
    gate: Gate,
    presence: PresenceBoard,
    journal: Journal,
    cluster: Cluster,
) -> Callable[[], Awaitable[Health]]:
    """What this node says of itself, when asked."""
    started_at = clock()

    async def health() -> Health:
        bus = cluster.bus
        return Health(
            version=version("hubbub"),
            epoch=epoch,
            node=cluster.node,
            nodes=[] if database.is_embedded else sorted(await serving(database, clock())),
            started_at=started_at,
            connections=len(gate.connections),
            users_online=presence.count,
            journal_waiting=journal.waiting,
            journal_failing=journal.failing,
            database=database.url.get_backend_name(),
            bus="none" if bus is None else "up" if bus.is_up else "down",
            ending=gate.admission.draining,
        )

    return health
