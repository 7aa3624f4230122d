from payback.pages_messages import Told, read_told
from web.visitor import SignIn, Visitor


def test_what_was_said_is_heard_as_it_was() -> None:
    told = Told(
        visitor=Visitor(has_session=True, sign_in=SignIn(429, "/-/report?a=b", "why\n\N{SNOWMAN}", 7)),
        problem='disk "full"\r\nX-Other: 1',
        spool_problem=None,
        spooled=3,
    )
    assert read_told(told.as_header()) == told
    assert told.as_header().isascii()
    assert not set(told.as_header()) & set("\r\n")
