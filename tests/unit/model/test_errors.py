from hubbub.model.errors import ADVICE, HTTP_STATUS, CloseCode, ErrorCode, Refused


def test_every_code_has_a_status_and_a_word_for_the_client() -> None:
    assert set(HTTP_STATUS) == set(ADVICE) == set(ErrorCode)


def test_a_refusal_without_a_message_gives_the_advice() -> None:
    assert Refused(ErrorCode.MUTED).message == ADVICE[ErrorCode.MUTED]
    assert Refused(ErrorCode.MUTED, "Quiet.").message == "Quiet."


def test_close_codes_keep_to_the_ranges_that_tell_a_client_what_to_do() -> None:
    """Below 4500 it may come back as it is, from there on it may not; the RFC's own stay below 3000."""
    assert len({code.number for code in CloseCode}) == len(CloseCode)
    for code in CloseCode:
        assert code.number < 3000 or 4000 <= code.number < 5000
        assert len(code.reason.encode()) <= 123
