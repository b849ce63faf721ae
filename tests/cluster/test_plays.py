"""A few plays of tests/conversations on two nodes, over either bus. `make cluster` has all of them so."""

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.conversations.test_blocking import (
    test_blocking_ends_the_friendship_and_the_talk,
    test_who_is_blocked_sees_what_a_stripped_friend_sees,
)
from tests.conversations.test_devices import (
    test_all_devices_of_all_members_hear_everything,
    test_receipts_are_told_to_all_who_are_there,
    test_unread_counts_messages_of_others,
)
from tests.conversations.test_friends import test_a_request_is_told_accepted_and_opens_a_chat
from tests.conversations.test_idempotency import test_two_messages_at_once_under_one_id_are_one_and_a_conflict
from tests.conversations.test_live_equals_history import test_every_copy_is_the_history as play_at_random
from tests.conversations.test_moderation import (
    test_a_banned_member_goes_and_cannot_come_back,
    test_a_kicked_member_hears_that_and_nothing_more,
    test_a_mute_may_be_ended_early,
)
from tests.conversations.test_order import (
    test_many_speak_at_once_and_everybody_hears_one_contiguous_story,
    test_members_come_and_go_while_others_speak,
)
from tests.conversations.test_presence import (
    test_a_short_absence_or_a_second_device_is_no_news,
    test_typing_is_told_to_the_others,
)
from tests.conversations.test_resume import (
    test_who_joins_while_others_speak_misses_nothing,
    test_who_was_kicked_and_came_back_is_replayed_all_of_it,
)
from tests.conversations.test_roles import test_an_owner_hands_ownership_over_and_steps_down
from tests.conversations.test_sessions import test_logging_out_everywhere_ends_all

from hubbub.testing.server_process import ServerProcess
from hubbub_conformance.conversation import Stage
from hubbub_conformance.profiles import BULK
from tests.conftest import Servers

__all__ = [
    "test_a_banned_member_goes_and_cannot_come_back",
    "test_a_kicked_member_hears_that_and_nothing_more",
    "test_a_mute_may_be_ended_early",
    "test_a_request_is_told_accepted_and_opens_a_chat",
    "test_a_short_absence_or_a_second_device_is_no_news",
    "test_all_devices_of_all_members_hear_everything",
    "test_an_owner_hands_ownership_over_and_steps_down",
    "test_blocking_ends_the_friendship_and_the_talk",
    "test_logging_out_everywhere_ends_all",
    "test_many_speak_at_once_and_everybody_hears_one_contiguous_story",
    "test_members_come_and_go_while_others_speak",
    "test_receipts_are_told_to_all_who_are_there",
    "test_two_messages_at_once_under_one_id_are_one_and_a_conflict",
    "test_typing_is_told_to_the_others",
    "test_unread_counts_messages_of_others",
    "test_who_is_blocked_sees_what_a_stripped_friend_sees",
    "test_who_joins_while_others_speak_misses_nothing",
    "test_who_was_kicked_and_came_back_is_replayed_all_of_it",
]


@pytest.fixture(scope="module", params=["redis", "nats"])
def nodes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[ServerProcess]]:
    running = Servers(lambda: tmp_path_factory.mktemp("node"), request.getfixturevalue(request.param).url)
    yield running.get(BULK | {"HUBBUB_PRESENCE_LINGER_SECONDS": "30"})
    running.stop()


@pytest.fixture
async def stage(nodes: list[ServerProcess]) -> AsyncIterator[Stage]:
    made = Stage(*nodes)
    yield made
    await made.ends()


async def test_every_copy_kept_over_two_nodes_is_the_history(stage: Stage) -> None:
    await play_at_random(stage, seed=0)
