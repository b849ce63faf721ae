"""Alertmanager, started by deploy/alertmanager/start.sh with the configuration beside it."""

from collections.abc import Mapping, Sequence

from tests.deploy.places import DEPLOY
from tests.services.ready_page import ReadyPage

from hubbub.operate.cluster.service import find_program

SOURCE = DEPLOY / "alertmanager"
SECRETS = {
    "smtp_password": "for the mail",
    "webhook_token": "for the webhook",
    "wecom_secret": "for & of WeCom/",
}


class Alertmanager(ReadyPage):
    """`edits`: what of the configuration's text is another one here: addresses that tests listen on."""

    def __init__(self, edits: Mapping[str, str]) -> None:
        self._edits = edits
        super().__init__()

    def prepare(self) -> None:
        for name in ("start.sh", "hubbub.tmpl"):
            (self.folder / name).write_bytes((SOURCE / name).read_bytes())
        text = (SOURCE / "alertmanager.yaml").read_text()
        for old, new in self._edits.items():
            assert old in text, old
            text = text.replace(old, new)
        text = text.replace("/etc/alertmanager/secrets", str(self.folder / "secrets"))
        (self.folder / "alertmanager.yaml").write_text(text)
        self.run("mkdir", "secrets", "rendered")
        for name, secret in SECRETS.items():
            (self.folder / "secrets" / name).write_text(secret)

    def command(self) -> Sequence[str]:
        told = {
            "CONFIGURATION": str(self.folder),
            "SECRETS": str(self.folder / "secrets"),
            "RENDERED": str(self.folder / "rendered"),
            "ALERTMANAGER": find_program("prometheus-alertmanager"),
        }
        variables = [f"{name}={value}" for name, value in told.items()]
        listens = [f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="]
        return ["/usr/bin/env", *variables, "sh", "start.sh", "--storage.path=data", *listens]
