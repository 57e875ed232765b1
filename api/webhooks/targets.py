"""Which addresses a webhook may be sent to: public ones, by https, and nothing inside any network.

Checked when an endpoint is saved and again on the connected socket (sender.py), because a name may
resolve to something else by then.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL = 500
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?\Z"
)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)\Z")
_EMBEDDING = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "::/96",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
    )
)
"""IPv6 ranges whose addresses carry an IPv4 one (mapped, NAT64, 6to4, Teredo)."""
_RELAY = ipaddress.IPv4Network("192.88.99.0/24")


class Refused(Exception):
    """The target is not acceptable; ``code`` is stable."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Target:
    """An accepted URL in parts; ``path`` holds the query as well."""

    scheme: str
    host: str
    port: int
    path: str


def networks(texts: Sequence[str]) -> tuple[IPNetwork, ...]:
    """The operator's list of private networks that may be sent to all the same."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def is_public(address: IPAddress) -> bool:
    """Whether an address belongs to a host of the public internet and embeds no other address.

    >>> [is_public(ipaddress.ip_address(a)) for a in ("8.8.8.8", "10.0.0.1", "64:ff9b::7f00:1")]
    [True, False, False]
    """
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address not in _RELAY
    return not address.is_site_local and not any(address in net for net in _EMBEDDING)


def is_allowed(address: IPAddress, allowed: Sequence[IPNetwork]) -> bool:
    """Public, or in a network that the operator named."""
    return is_public(address) or any(address in net for net in allowed)


def parse(url: str, *, allowed: Sequence[IPNetwork] = ()) -> Target:
    """The parts of an acceptable URL. Raises Refused.

    One strict grammar instead of a tolerant parser: no user names, backslashes, fragments,
    non-ASCII hosts, or numbers that some resolvers read as addresses. Plain http and other ports
    than 443 only where the operator allows private networks.
    """
    found = _URL.match(url) if len(url) <= MAX_URL else None
    if found is None:
        raise Refused("not_a_url")
    host, scheme = found["host"], found["scheme"]
    port = int(found["port"] or (443 if scheme == "https" else 80))
    if scheme != "https" and not allowed:
        raise Refused("not_https")
    if (port != 443 and not allowed) or not 0 < port < 65_536:
        raise Refused("port_not_allowed")
    literal = _literal(host)
    if literal is not None and not is_allowed(literal, allowed):
        raise Refused("address_not_public")
    if literal is None and not _is_name(host):
        raise Refused("not_a_host")
    return Target(scheme, host.strip("[]"), port, (found["path"] or "/") + (found["query"] or ""))


def _literal(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        if host.startswith("["):
            raise Refused("not_a_host") from None
        return None


def _is_name(host: str) -> bool:
    """A full domain name; a last label of digits or hex digits could be read as a number."""
    labels = host.split(".")
    if len(host) > 253 or len(labels) < 2 or not all(_LABEL.match(label) for label in labels):
        return False
    return re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", labels[-1]) is None


def resolve(target: Target, *, allowed: Sequence[IPNetwork] = ()) -> list[IPAddress]:
    """Every address of the target's name, all of them acceptable. Raises Refused."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused("unresolvable") from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not addresses or not all(is_allowed(address, allowed) for address in addresses):
        raise Refused("address_not_public")
    return addresses
