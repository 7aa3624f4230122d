"""An upstream is who its certificate says, by an authority that the machine or the operator trusts.

The authority in tests/data/tls is one that no system knows; its key is kept nowhere. All but the expired
certificate hold from 2020 to 2120."""

from pathlib import Path

import pytest

from tests.proxy.bodies import CHAT, CHAT_ANSWER, CHAT_REQUEST
from tests.proxy.client import call, get, post
from tests.proxy.running import process, toml_of
from tests.proxy.upstream import Upstream, scripted_upstream

TLS = Path(__file__).parents[1] / "data" / "tls"
AUTHORITY, OURS = TLS / "authority.pem", TLS / "authority_vouches_for.pem"


async def answered(folder: Path, upstream: Upstream) -> tuple[int, bytes]:
    """To a call, by a payback whose upstream is reached over TLS. Its environment is this test's."""
    toml = toml_of(upstream).replace("http://", "https://", 1)
    async with process(folder, toml) as started:
        answer = await call(started.payback.port, post(CHAT, CHAT_REQUEST))
        read = await call(started.payback.port, get("/v1/models"))
        assert read.status == answer.status, "a read goes through another door, with the same lock"
    return answer.status, answer.body


async def test_a_private_authority_is_trusted_where_the_environment_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    async with scripted_upstream(certificate=OURS) as upstream:
        assert await answered(tmp_path, upstream) == (200, CHAT_ANSWER)


async def test_an_authority_that_nobody_has_named_vouches_for_nobody(tmp_path: Path) -> None:
    async with scripted_upstream(certificate=OURS) as upstream:
        status, body = await answered(tmp_path, upstream)
    assert (status, b"certificate" in body, upstream.heads) == (502, True, [])


@pytest.mark.parametrize("certificate", ["of_another_name", "expired"])
async def test_what_an_authority_says_of_another_name_or_another_time_is_no_proof(
    certificate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    async with scripted_upstream(certificate=TLS / f"{certificate}.pem") as upstream:
        status, body = await answered(tmp_path, upstream)
    assert (status, b"certificate" in body, upstream.heads) == (502, True, [])
