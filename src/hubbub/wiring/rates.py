"""How often users may do things, and anybody may try to become one, counted by all nodes together (docs/operations.md, Nodes)."""

from collections.abc import Callable

from hubbub.dispatch.limits import SharedBuckets
from hubbub.model.news import EVERYBODY, News, Spent
from hubbub.wiring.settings.tree import Limits

HOUR, MINUTE = 3_600, 60
HOURLY = ("befriend", "create_room", "invite", "profile")
SIGN_IN = ("signups_per_address", "logins_per_address", "logins_per_account")


class Rates:
    """`buckets`: those that ROUTES names, and `profile`, keyed by user; and those of SIGN_IN, for SignInLimits."""

    def __init__(self, limits: Limits, say: Callable[[str, News], None], clock: Callable[[], int]) -> None:
        hourly = {name: getattr(limits, f"{name}_per_hour") for name in HOURLY}
        self._say = say
        self._clock = clock
        self.buckets = {
            "send": SharedBuckets(limits.send_per_second, limits.send_burst),
            "requests": SharedBuckets(limits.requests_per_second, limits.requests_burst),
        } | {name: SharedBuckets(count / HOUR, count) for name, count in hourly.items()}
        signing_in = (
            (limits.signups_per_address, HOUR),
            (limits.logins_per_address, MINUTE),
            (limits.logins_per_account, MINUTE),
        )
        for name, (count, seconds) in zip(SIGN_IN, signing_in, strict=True):
            self.buckets[name] = SharedBuckets(count / seconds, count, strangers=True)

    def tell(self) -> None:
        """Tell the other nodes what was taken here since the last time."""
        for name, buckets in self.buckets.items():
            untold = buckets.untold()
            if untold:
                self._say(EVERYBODY, Spent(name, {str(user): cost for user, cost in untold.items()}))

    def heard(self, news: Spent) -> None:
        """Another node told; a limit that only a newer version has is not counted here."""
        buckets = self.buckets.get(news.limit)
        if buckets is not None:
            now = self._clock()
            for user, cost in news.by.items():
                buckets.taken_elsewhere(user, cost, now)
