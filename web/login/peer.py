"""Where a request comes from. A proxy in front is believed about it where the configuration names that."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def address_of(peer: str | None, forwarded_for: Iterable[str], proxies: Sequence[Network]) -> str:
    """Whom wrong passwords count against: the last address that no proxy of ours has. An IPv6 one stands for
    its network, as everybody has 2**64 of them.

    >>> address_of("127.0.0.1", ["192.0.2.7, 198.51.100.9"], [ip_network("127.0.0.1")])
    '198.51.100.9'
    >>> address_of("192.0.2.7", ["198.51.100.9"], [ip_network("127.0.0.1")])
    '192.0.2.7'
    >>> address_of("2001:db8::7", [], [])
    '2001:db8::/64'
    """
    found = _read(peer or "")
    for text in reversed(_words(forwarded_for)):
        further = _read(text)
        if further is None or not _is_of(found, proxies):
            break
        found = further
    if isinstance(found, IPv6Address):
        return str(ip_network((found.packed, 64), strict=False))
    return str(found or "")


def is_over_tls(peer: str | None, forwarded_proto: Iterable[str], proxies: Sequence[Network]) -> bool:
    """payback itself speaks no TLS; a configured proxy in front of it may.

    >>> proxies = [ip_network("127.0.0.1")]
    >>> is_over_tls("127.0.0.1", ["https"], proxies), is_over_tls("127.0.0.1", ["https"], [])
    (True, False)
    """
    words = _words(forwarded_proto)
    return _is_of(_read(peer or ""), proxies) and words[-1:] == ["https"]


def _is_of(address: IPv4Address | IPv6Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


def _words(lines: Iterable[str]) -> list[str]:
    return [word.strip() for word in ",".join(lines).split(",") if word.strip()]


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """
    >>> _read("::ffff:192.0.2.7"), _read("nonsense")
    (IPv4Address('192.0.2.7'), None)
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
