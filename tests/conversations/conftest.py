"""Which plays are about one process: with `--nodes` they are left out, and tests/cluster has plays of its own for what they show."""

import pytest

OF_ONE_PROCESS = {
    "asks another node within the milliseconds that news takes": {
        "test_unread_counts_messages_of_others",
        "test_cursors_only_rise_and_read_implies_received",
        "test_cursors",
        "test_who_joins_has_nothing_unread",
        "test_members_show_how_far_they_are",
        "test_who_was_kicked_and_came_back_is_replayed_all_of_it",
        "test_who_is_blocked_sees_what_a_stripped_friend_sees",
        "test_logging_out_there_ends_the_other_one",
        "test_logging_out_everywhere_ends_all",
        "test_friends_fellows_and_ones_own_devices_learn_of_a_changed_profile",
        "test_every_copy_is_the_history",
        "test_presence",
    },
    "counts to a limit that several nodes may pass by what they did not tell each other yet": {
        "test_a_profile_changes_so_often_an_hour_and_no_more",
        "test_nobody_has_more_connections_than_allowed",
        "test_connections_that_come_at_once_are_counted_too",
        "test_send_edit_delete_and_react_share_a_burst",
        "test_friend_requests_rooms_and_invitations_have_their_own",
        "test_failed_log_ins_are_counted_by_account",
        "test_a_mute_ends_by_itself",
    },
    "is about one listener": {
        "test_an_address_has_so_many_places_on_all_wires_together",
        "test_foreign_pages_are_refused_and_our_own_is_not",
        "test_a_client_that_does_not_drain_is_closed_and_costs_nobody_else",
        "test_a_slow_client_that_missed_more_than_entries_asks_for_its_lists_again",
        "test_every_route_but_signing_up_and_in_asks_who_is_there",
    },
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--nodes") == "one":
        return
    left_out = set().union(*OF_ONE_PROCESS.values())
    chosen = [item for item in items if getattr(item, "originalname", item.name) not in left_out]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen
