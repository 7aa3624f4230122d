"""A key that payback keys has made, as its file has it: a block [[key]]. The token itself is nowhere."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from payback.section import Section
from payback.setting_types import Text, Texts
from proxy.client_key import ClientKey

_HASH = "sha256:"
_US = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _digest(text: str) -> str:
    """What is wrong is not quoted: it may be the token itself."""
    if not re.fullmatch(_HASH + "[0-9a-f]{64}", text, re.ASCII):
        raise ValueError(f"write {_HASH} and 64 hexadecimal digits, as payback keys add does")
    return text


def _name(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        raise ValueError("write printable characters on one line, without blanks around them")
    return text


def _instant(value: Any) -> Any:
    """A day is all of that day, UTC."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("write the time zone too, as in 2027-01-31T12:00:00Z")
        return value.astimezone(UTC)
    if value == date.max:
        raise ValueError(f"write a day before {date.max}")
    return end_of(value) if isinstance(value, date) else value


def end_of(day: date) -> datetime:
    """
    >>> end_of(date(2027, 1, 31)).isoformat()
    '2027-02-01T00:00:00+00:00'
    """
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


Name = Annotated[Text, AfterValidator(_name)]
Instant = Annotated[datetime, BeforeValidator(_instant)]


class IssuedKey(Section):
    name: Name
    prefix: Text
    """The start of the token, by which its owner can tell it."""
    hash: Annotated[str, AfterValidator(_digest)]
    made: Instant
    upstream: Text | None = None
    project: Name | None = None
    workload: Name | None = None
    models: Texts = ()
    expires: Instant | None = None
    revoked: Instant | None = None

    def holds_at(self, now: datetime) -> bool:
        return self.revoked is None and (self.expires is None or now < self.expires)

    def revoked_at(self, now: datetime) -> "IssuedKey":
        """Once revoked, it stays so from then on."""
        return self if self.revoked is not None else self.model_copy(update={"revoked": now})

    def as_client_key(self) -> ClientKey:
        return ClientKey(
            name=self.name,
            digest=bytes.fromhex(self.hash.removeprefix(_HASH)),
            upstream=self.upstream,
            project=self.project,
            workload=self.workload,
            models=self.models,
            expires_us=None if self.expires is None else (self.expires - _EPOCH) // _US,
            is_revoked=self.revoked is not None,
        )


class IssuedKeys(Section):
    """The whole file."""

    key: Annotated[tuple[IssuedKey, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _are_told_apart(self) -> "IssuedKeys":
        for what in ("name", "hash"):
            values = [getattr(key, what) for key in self.key]
            if len(set(values)) < len(values):
                raise ValueError(f"two [[key]] have the same {what}; take one out")
        return self


def hash_of(digest: bytes) -> str:
    return f"{_HASH}{digest.hex()}"
