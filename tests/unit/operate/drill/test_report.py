from pathlib import Path

from hubbub.operate.drill.outcome import Check, Outcome, Window
from hubbub.operate.drill.report import markdown, page, write

TERMS = {"Hubbub": "0.1.0", "devices": "24"}
CALM = Window("before", 5.0, 48, 0, 6.2, 14.0, 120.4, 5.9, None)


def outcomes() -> list[Outcome]:
    failed = Outcome("node-kill", "A node is killed", seconds=12.4)
    failed.checks = [
        Check("nothing is lost", "lost 1 | <b>", passed=False),
        Check("it is ready", "200", passed=True),
    ]
    failed.events = [(1.25, "kill -9 of node0")]
    failed.windows = [CALM]
    return [failed, Outcome("slow-disk", "The disk is slow", "strace is not installed")]


def test_markdown_has_what_was_seen_beside_what_is_expected() -> None:
    text = markdown(outcomes(), TERMS)
    assert "Hubbub 0.1.0; devices 24" in text
    assert "| A node is killed | FAILED | 12 |" in text
    assert "| The disk is slow | not run: strace is not installed | 0 |" in text
    assert "| nothing is lost | lost 1 / <b> | **NO** |" in text
    assert "- 1.2 s: kill -9 of node0" in text
    assert "| before | 5.0 | 48 | 0 | 6 / 14 | 120 | 6 / – |" in text
    assert "(`slow-disk`)" not in text, "what was not run has no section"


def test_the_page_says_the_same_and_escapes_it() -> None:
    text = page(outcomes(), TERMS)
    assert '<td>lost 1 | &lt;b&gt;</td><td class="FAILED">FAILED</td>' in text
    assert '<td class="not">not run: strace is not installed</td>' in text
    assert "<li>1.2 s: kill -9 of node0</li>" in text


def test_both_are_written(tmp_path: Path) -> None:
    found = outcomes()
    found[0].log = "a line"
    names = [path.name for path in write(tmp_path / "new", found, TERMS)]
    assert names == ["report.md", "report.html", "node-kill.log"]
    assert (tmp_path / "new" / "node-kill.log").read_text() == "a line"


def test_a_drill_without_a_check_has_not_passed() -> None:
    verdicts = [Outcome("a", "A").verdict, *(each.verdict for each in outcomes())]
    assert verdicts == ["FAILED", "FAILED", "not run"]
