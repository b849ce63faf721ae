"""Seven times the traffic at once: three more devices of everybody come together, and talk twice as fast."""

from hubbub.operate.cluster.server import until
from hubbub.operate.drill.network import now
from hubbub.operate.drill.scene import Scene
from hubbub.operate.proof.crowd import PACE, PATIENCE, Roamer

TIMES = 3  # as many devices again as there were
FAST = 0.2  # seconds between two acts: twice as often
LET_GO = frozenset({4001, 4029, 4500, 4503})


async def run(scene: Scene) -> None:
    """Afterwards the devices stay, and talk as calmly as the others."""
    await scene.open_two()
    await scene.talk("before", scene.seconds / 2)
    residents = [each for each in scene.crowd.talkers if type(each) is Roamer]
    for number in range(TIMES):
        for each in residents:
            guest = scene.crowd.device(f"{each.name}.{number}", each.user, each.client.token, Roamer)
            guest.friends, guest.pace = each.friends, FAST
    scene.begin_talking()
    scene.tell(f"{TIMES * len(residents)} devices more, each talking twice as much")
    begin = now()
    await until(lambda: all(each.epoch for each in scene.crowd.talkers), "all welcomed", PATIENCE)
    welcomed = now() - begin
    await scene.talk("spike", scene.seconds)
    for each in scene.crowd.talkers:
        each.pace = PACE
    scene.tell("all are calm again")
    await scene.talk("after", scene.seconds / 2)
    await scene.judge()
    before, during, after = scene.windows()
    scene.expect(
        "all get in", f"{TIMES * len(residents)} welcomed within {1000 * welcomed:,.0f} ms", passed=True
    )
    thrown = [each.name for each in scene.crowd.talkers if each.client.close_code in LET_GO]
    scene.expect(
        "nobody is thrown out", f"closed for being slow, many or fast: {len(thrown)}", passed=not thrown
    )
    waits = [each.acknowledged_p99 or 0.0 for each in (before, during, after)]
    scene.expect(
        "waits fall again when it is over",
        "acknowledged p99 before {:,.0f} ms, during {:,.0f} ms, after {:,.0f} ms".format(*waits),
        passed=waits[2] <= max(waits[1], 2 * waits[0]),
    )
