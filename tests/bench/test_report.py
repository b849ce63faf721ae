"""README.md and docs/performance.md say what the records say, and a record that changes changes them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from report import BLOCKS, README, RECORDS, command, filled, minutes, newest, proof, said

SCRIPT = Path(__file__).parents[2] / "bench" / "report.py"


def test_the_pages_say_what_the_records_say() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_line_of_the_table_has_its_command_and_its_day() -> None:
    records = newest(RECORDS)
    for line in proof(records)[2:]:
        _, what, measured, day, typed, _ = line.split("|")
        assert what.strip()
        assert measured.strip()
        assert day.strip() in {record["at"][:10] for record in records.values()}
        assert typed.strip().startswith("`.venv/bin/python bench/")


def test_another_record_makes_another_page(tmp_path: Path) -> None:
    older = json.loads(next(RECORDS.glob("ingest-*.json")).read_text())
    newer = older | {"measured": older["measured"] | {"durable, acknowledged messages": 55_555.0}}
    (tmp_path / "ingest-2020-01-01.json").write_text(json.dumps(older))
    (tmp_path / "ingest-2020-01-02.json").write_text(json.dumps(newer))

    page = README.read_text()
    assert "55,555/s" in filled(page, BLOCKS[README], newest(tmp_path))
    with pytest.raises(ValueError, match="no place for 'proof'"):
        filled(page.replace("<!-- /proof -->", ""), BLOCKS[README], newest(tmp_path))


def test_of_several_scales_the_largest_is_shown() -> None:
    def run(connections: int) -> dict[str, object]:
        return {"series": [{"connected": connections, "p99 ms": 1.5}]}

    records = {"million-0100000": run(100_000), "million-0020000": run(20_000)}
    assert minutes(records)[-1] == "| 100,000 | 1.5 |"


def test_what_to_type_is_what_was_typed() -> None:
    kept = {"name": "million", "command": "bench/million.py --connections 100000"}
    assert command(kept) == ".venv/bin/python bench/million.py --connections 100000"
    assert command({"name": "ingest"}) == ".venv/bin/python bench/ingest.py"


def test_a_figure_nobody_measured_is_no_figure() -> None:
    record = {"parameters": {"rooms": 10}, "measured": {"reference: bare": 1234.5}}
    assert said("{rooms} rooms, {reference: bare:,.0f}", record) == "10 rooms, 1,234"
    with pytest.raises(KeyError):
        said("{rooms} rooms, {deliveries:,.0f}", record)
