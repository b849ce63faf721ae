"""The picture of a record: lines over one axis, as bars in the terminal and as PNG (matplotlib, of the group `tools`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

BAR = 48  # characters of the longest


@dataclass(frozen=True)
class Chart:
    """`lines`: by name, (x, y) in rising x. `logarithmic`: the x axis, where values double."""

    x: str
    y: str
    lines: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    logarithmic: bool = False

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"x": self.x, "y": self.y, "lines": {name: list(line) for name, line in self.lines.items()}}

    def bars(self) -> Table:
        """For the terminal."""
        table = Table(title=f"{self.y}, by {self.x}", title_justify="left", show_header=False, box=None)
        longest = max((y for line in self.lines.values() for _, y in line), default=0) or 1
        for name, line in self.lines.items():
            for place, (x, y) in enumerate(line):
                table.add_row(
                    "" if place else name, f"{x:,g}", "█" * round(BAR * y / longest) or "▏", f"{y:,.3g}"
                )
        return table

    def draw(self, title: str, path: Path) -> bool:
        """Write a PNG; False where there is no matplotlib."""
        try:
            from matplotlib.figure import Figure  # noqa: PLC0415 - a second to import, and not everywhere
        except ImportError:
            return False
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        panel = figure.add_subplot()
        for name, line in self.lines.items():
            panel.plot([x for x, _ in line], [y for _, y in line], marker="o", markersize=3, label=name)
        panel.set(title=title, xlabel=self.x, ylabel=self.y, ylim=(0, None))
        if self.logarithmic:
            panel.set_xscale("log")
        panel.grid(alpha=0.3)
        panel.legend(fontsize="small")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110)
        return True
