"""What a server measures, as Prometheus' own parser reads it."""

import subprocess
from dataclasses import dataclass
from urllib.request import urlopen

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from hubbub.operate.cluster.service import find_program


@dataclass(frozen=True)
class Readings:
    """One scrape. `text` is what was scraped."""

    text: str
    families: tuple[Metric, ...]

    @classmethod
    def of(cls, internal: str) -> "Readings":
        """Scrape a server's internal port, at this URL, now."""
        with urlopen(f"{internal}/metrics", timeout=60) as answer:
            text = answer.read().decode()
        return cls(text, tuple(text_string_to_metric_families(text)))

    def value(self, name: str, **labels: str) -> float:
        """The sum of all samples of this name that have these labels; there must be one at least."""
        found = [
            sample.value
            for family in self.families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert found, (name, labels)
        return sum(found)

    def complaints(self) -> str:
        """What `promtool check metrics` has to say."""
        done = subprocess.run(
            [find_program("promtool"), "check", "metrics"],
            input=self.text,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr or ("" if done.returncode == 0 else f"status {done.returncode}")
