"""Which plays are about one process: with `--nodes` they are left out, and tests/cluster has plays of its own for what they show."""

import pytest

OF_ONE_PROCESS = {
    "counts to a limit that several nodes may pass by what they did not tell each other yet": {
        "test_a_profile_changes_so_often_an_hour_and_no_more",
        "test_nobody_has_more_connections_than_allowed",
        "test_connections_that_come_at_once_are_counted_too",
        "test_send_edit_delete_and_react_share_a_burst",
        "test_friend_requests_rooms_and_invitations_have_their_own",
        "test_failed_log_ins_are_counted_by_account",
    },
    "is about one listener": {
        "test_an_address_has_so_many_places_on_all_wires_together",
    },
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--nodes") == "one":
        return
    left_out = set().union(*OF_ONE_PROCESS.values())
    chosen = [item for item in items if getattr(item, "originalname", item.name) not in left_out]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen
