"""Redis dies: the bus between the nodes, presence and recent history go with it."""

import asyncio

from hubbub.operate.drill.scene import Scene

PROMISED_MS = 2_000  # docs/protocol.md §3.3: a lost entry is found within two seconds


async def run(scene: Scene) -> None:
    """The two who are measured are on different nodes: without the bus they hear each other through the database."""
    await scene.open_two()
    scene.listener.nodes = scene.nodes[:1]
    scene.listener.client.drop()
    await scene.talk("before", scene.seconds / 2)
    await asyncio.to_thread(scene.redis.stop, scene.redis.crash)
    scene.tell("Redis is killed")
    await scene.talk("without Redis", scene.seconds)
    without = scene.windows()[-1]
    up = [await scene.metric(node, "hubbub_bus_up") for node in scene.nodes]
    await asyncio.to_thread(scene.redis.start)
    scene.tell("Redis is started again, empty")
    healed = await scene.until_holds(lambda: _is_up(scene))
    await scene.talk("after", scene.seconds / 2)
    await scene.judge()
    scene.expect(
        "writes go on",
        f"{without.said} said, {without.refused} refusals",
        passed=without.said > 0 and without.refused == 0,
    )
    heard = scene.windows()[1].heard_p99
    scene.expect(
        f"other nodes hear within {PROMISED_MS:,} ms",
        "nothing was heard" if heard is None else f"p99 {heard:,.0f} ms",
        passed=heard is not None and heard <= PROMISED_MS,
    )
    scene.expect("the metric says so", f"hubbub_bus_up {up}", passed=not any(up))
    scene.expect("the nodes find it again by themselves", f"{healed:.1f} s after its start", passed=True)


async def _is_up(scene: Scene) -> bool:
    return all([await scene.metric(node, "hubbub_bus_up") for node in scene.nodes])
