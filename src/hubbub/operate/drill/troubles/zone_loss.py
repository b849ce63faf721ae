"""A zone is cut off: its nodes live, but nobody reaches them, and they reach nobody."""

from hubbub.operate.cluster.server import Server, until
from hubbub.operate.drill.network import now
from hubbub.operate.drill.scene import Scene
from hubbub.operate.proof.crowd import PATIENCE


async def run(scene: Scene) -> None:
    """Two zones with a node each; database and Redis are in a third place. The clients' own heartbeat finds the loss."""
    await scene.start_services()
    lost, kept = scene.zone(), scene.zone()
    scene.add_node(zone=lost)
    scene.add_node(zone=kept)
    await scene.open()
    await scene.talk("before", scene.seconds / 2)
    connections = scene.speaker.client.connections
    scene.tell(f"{lost.name} ({lost.kind}) is cut off")
    lost.cut()
    scene.crowd.nodes[:] = kept.nodes
    for talker in scene.crowd.talkers:
        if talker.client.server in lost.nodes and talker.client.is_open:
            talker.client.drop()
    begin = now()
    await until(lambda: scene.all_connected(kept.nodes), "everybody in the other zone", PATIENCE)
    moved = now() - begin
    await scene.talk("without the zone", scene.seconds)
    through = scene.windows()[-1]
    lost.mend()
    scene.tell(f"{lost.name} is back")
    ready = await scene.until_holds(lambda: _is_ready(lost.nodes[0]))
    scene.crowd.nodes[:] = scene.nodes
    await scene.talk("after", scene.seconds / 2)
    await scene.judge()
    scene.expect(
        "its clients go on in the other zone", f"all connected there after {moved:.1f} s", passed=True
    )
    scene.expect(
        "the other zone goes on",
        f"{through.said} messages said there, {through.refused} refusals, longest silence {through.silence:,.0f} ms",
        passed=through.said > 0 and through.refused == 0,
    )
    ended = scene.speaker.client.connections - connections
    scene.expect("its clients notice nothing", f"{ended} connections ended there", passed=not ended)
    scene.expect(
        "its node serves again by itself", f"ready {ready:.1f} s after the zone was back", passed=True
    )


async def _is_ready(node: Server) -> bool:
    return (await node.readiness())[0] == 200
