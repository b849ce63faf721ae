from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hubbub_client.closing import RULES, AfterClose, rule_for

NAMED = {rule.first for rule in RULES}


def test_rows_do_not_overlap() -> None:
    for one, other in pairwise(RULES):
        assert one.first <= one.last < other.first


@given(st.integers(4000, 4499).filter(lambda code: code not in NAMED))
def test_the_lower_half_comes_back(code: int) -> None:
    assert rule_for(code).then is AfterClose.RECONNECT


@given(st.integers(4504, 4999))
def test_the_upper_half_does_not_come_back_as_it_is(code: int) -> None:
    assert rule_for(code).then is AfterClose.STOP


@given(st.integers(0, 65_535))
def test_every_code_has_a_text_for_a_person(code: int) -> None:
    assert rule_for(code).text
