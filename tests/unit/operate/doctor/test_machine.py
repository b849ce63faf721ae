import resource
from pathlib import Path

import pytest

from hubbub.operate.doctor.finding import State
from hubbub.operate.doctor.machine import (
    check_clocksource,
    check_disk,
    check_memory,
    check_open_files,
    check_synchronized,
    read_machine,
)

GIB = 2**30


@pytest.mark.parametrize(
    ("most", "connections", "workers", "state"),
    [
        (1_048_576, 1_000_000, 1, State.OK),
        (20_000, 1_000_000, 1, State.WRONG),
        (20_000, 1_000_000, 53, State.OK),
        (20_000, 1_000_000, 52, State.WRONG),
        (resource.RLIM_INFINITY, 1_000_000, 1, State.OK),
    ],
)
def test_open_files_are_shared_out_among_workers(
    most: int, connections: int, workers: int, state: State
) -> None:
    assert check_open_files(most, connections, workers).state is state


@pytest.mark.parametrize(
    ("free", "state"), [(10 * GIB, State.OK), (9 * GIB, State.WRONG), (None, State.UNKNOWN)]
)
def test_memory_for_a_million(free: int | None, state: State) -> None:
    finding = check_memory(free, 1_000_000, 1)
    assert (finding.state, finding.advised) == (state, "9.1 GiB")


@pytest.mark.parametrize(
    ("free", "whole", "state"),
    [(GIB // 2, 4 * GIB, State.WRONG), (5 * GIB, 100 * GIB, State.ADVICE), (20 * GIB, 100 * GIB, State.OK)],
)
def test_disk(free: int, whole: int, state: State) -> None:
    assert check_disk(free, whole).state is state


def test_clocks() -> None:
    assert check_clocksource("tsc").state is State.OK
    assert check_clocksource("hpet").state is State.ADVICE
    assert check_clocksource(None).state is State.UNKNOWN
    states = [check_synchronized(each).state for each in (True, False, None)]
    assert states == [State.OK, State.ADVICE, State.UNKNOWN]


def test_this_machine_can_be_read_before_the_data_folder_exists(tmp_path: Path) -> None:
    machine = read_machine(tmp_path / "not" / "yet")
    assert machine.free_memory is not None
    assert machine.free_memory > 0
    assert 0 < machine.free_disk < machine.disk
    assert machine.synchronized is not None
