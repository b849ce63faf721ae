"""`kill -9` of a node in mid-conversation."""

from hubbub.operate.cluster.server import until
from hubbub.operate.drill.network import now
from hubbub.operate.drill.scene import Scene
from hubbub.operate.proof.crowd import PATIENCE


async def run(scene: Scene) -> None:
    """One of two nodes dies, and comes back; the two who are measured are on the other one."""
    victim, other = await scene.open_two()
    await scene.talk("before", scene.seconds / 2)
    connections = scene.speaker.client.connections
    scene.tell("kill -9 of node0")
    await victim.kill()
    died = now()
    await until(lambda: scene.all_connected([other]), "everybody at the other node", PATIENCE)
    back = now() - died
    await scene.talk("without node0", scene.seconds)
    await victim.start(PATIENCE)
    scene.tell("node0 serves again")
    await scene.talk("after", scene.seconds / 2)
    ready, _ = await victim.readiness()
    await scene.judge()
    scene.expect(
        "its clients go on at the other node", f"all connected again after {back:.1f} s", passed=True
    )
    ended = scene.speaker.client.connections - connections
    scene.expect(
        "who was at the other node notices nothing", f"{ended} connections ended there", passed=not ended
    )
    scene.expect("started again, it is ready", f"/readyz says {ready}", passed=ready == 200)
