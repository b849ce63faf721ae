"""The database's disk becomes slow: every flush of PostgreSQL takes 200 ms longer (strace puts the delay in)."""

import asyncio
from pathlib import Path

from hubbub.operate.cluster.service import find_program
from hubbub.operate.drill.scene import Scene

DELAY_MS = 200


async def run(scene: Scene) -> None:
    """Acknowledgements wait for flushes, which many share: slower for each, not for each after the other."""
    await scene.open_two()
    await scene.talk("before", scene.seconds / 2)
    slow = await _slow_down(scene.postgres.pid)
    scene.tell(f"every flush takes {DELAY_MS} ms longer")
    try:
        await scene.talk("slow disk", scene.seconds)
    finally:
        slow.terminate()
        await slow.wait()
    scene.tell("the disk is as before")
    await scene.talk("after", scene.seconds / 2)
    await scene.judge()
    before, during, after = scene.windows()
    waited = during.acknowledged_p50 or 0.0
    scene.expect(
        "acknowledgements wait for the disk",
        f"p50 {before.acknowledged_p50 or 0:,.0f} ms before, {waited:,.0f} ms on the slow disk",
        passed=waited >= DELAY_MS,
    )
    scene.expect("nobody is refused", f"{during.refused} refusals", passed=not during.refused)
    healed = after.acknowledged_p50 or waited
    scene.expect("afterwards it is as before", f"p50 {healed:,.0f} ms", passed=healed < DELAY_MS)


async def _slow_down(postmaster: int) -> asyncio.subprocess.Process:
    """Hold up each flush of every process of this PostgreSQL, those to come included, until ended."""
    processes = [part for each in _family(postmaster) for part in ("-p", each)]
    calls = "fsync,fdatasync"
    holding = ("-f", "-e", f"trace={calls}", "-e", f"inject={calls}:delay_enter={DELAY_MS * 1000}")
    tracer = await asyncio.create_subprocess_exec(
        find_program("strace"), *holding, "-o", "/dev/null", *processes, stderr=asyncio.subprocess.PIPE
    )
    if tracer.stderr is not None:
        await tracer.stderr.readline()
    return tracer


def _family(postmaster: int) -> list[str]:
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children")
    return [str(postmaster), *children.read_text().split()]
