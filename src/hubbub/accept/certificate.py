"""The certificate of framed TCP: read at start and again on SIGHUP, and looked at now and then, so that its end surprises nobody."""

import ssl
from pathlib import Path

import structlog
from cryptography import x509

log = structlog.get_logger("hubbub.certificate")

DAY_MS = 86_400_000
WARN_DAYS = 14  # ACME renews 30 days before the end: by then it has failed for two weeks
WARN_SHARE = 0.25  # of its life, for those that live for days only


class Certificate:
    """A chain and its key (PEM files). `context` serves what was read last; `ends_at` is when the chain's first ends (ms)."""

    def __init__(self, chain: str, key: str) -> None:
        """Read both. Raises OSError that names what cannot be used."""
        self._files = (chain, key)
        self._told_at = 0
        self.begins_at = self.ends_at = 0
        self.context = tls_context()
        self._load()

    def _load(self) -> None:
        """Try it aside first: a context that has the new certificate and the old key would refuse everybody."""
        try:
            begin, end = _life(Path(self._files[0]).read_bytes())
            tls_context().load_cert_chain(*self._files)
            self.context.load_cert_chain(*self._files)
        except (OSError, ValueError) as error:
            msg = f"{' and '.join(self._files)} are no certificate and its key: {error}"
            raise OSError(msg) from error
        self.begins_at, self.ends_at, self._told_at = begin, end, 0

    def reload(self, now: int) -> None:
        """Read both again: new connections get the new one, open ones go on. What cannot be used changes nothing."""
        try:
            self._load()
        except OSError as error:
            log.error("the certificate was not renewed; the old one goes on", error=str(error))  # noqa: TRY400
        else:
            log.info("the certificate was read again", days_left=self._days_left(now))
        self.look(now)

    def look(self, now: int) -> None:
        """Say once a day that the end is near: in the last quarter of its life, but no more than 14 days ahead."""
        notice = min(WARN_DAYS * DAY_MS, WARN_SHARE * (self.ends_at - self.begins_at))
        if now < self.ends_at - notice or now - self._told_at < DAY_MS:
            return
        self._told_at = now
        say = log.warning if now < self.ends_at else log.error
        what = "expires soon" if now < self.ends_at else "has expired"
        say(
            f"the certificate {what}: renew it, then kill -HUP",
            file=self._files[0],
            days_left=self._days_left(now),
        )

    def _days_left(self, now: int) -> float:
        return round((self.ends_at - now) / DAY_MS, 2)


def tls_context() -> ssl.SSLContext:
    """TLS 1.2 or later, without a certificate yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _life(pem: bytes) -> tuple[int, int]:
    """From when until when all of a chain is valid (ms). Raises ValueError."""
    chain = x509.load_pem_x509_certificates(pem)
    begins = max(each.not_valid_before_utc for each in chain)
    ends = min(each.not_valid_after_utc for each in chain)
    return int(begins.timestamp() * 1000), int(ends.timestamp() * 1000)
