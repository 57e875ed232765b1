"""Where webhooks may go: hostile addresses are refused by their spelling, by what they resolve to,
and on the connected socket; hostile receivers cost bounded time."""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import Any

import pytest

from api.webhooks import sender, targets
from api.webhooks.targets import Refused, is_public, networks, parse, resolve
from tests.api.receiver import receiving, status

LOOPBACK = networks(["127.0.0.0/8"])

HOSTILE = [
    "", "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/",
    "https://", "https:///x", "https:example.org", "//example.org/", "javascript:alert(1)",
    "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0177.0.0.1/", "https://127.0.0.1.:443/", "https://localhost/", "https://[::1]/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/", "https://[fc00::1]/", "https://[::127.0.0.1]/", "https://[::]/",
    "https://0.0.0.0/", "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/",
    "https://100.64.0.1/", "https://169.254.169.254/latest/meta-data/", "https://192.88.99.1/",
    "https://224.0.0.1/", "https://255.255.255.255/", "https://user:pw@example.org/",
    "https://example.org@127.0.0.1/", "https://example.org\\@127.0.0.1/", "https://example.org:25/",
    "https://example.org:0/", "https://example.org:99999/", "https://example.org/#fragment",
    "https://example.org/\r\nX: y", "https://exa mple.org/", "https://еxample.org/",
    "https://example.org/\u202e", "https://-bad-.org/", "https://a..b/", "https://example.0x10/",
    "https://" + "a" * 600 + ".org/", "https://example/", " https://example.org/",
]  # fmt: skip


@pytest.mark.parametrize("url", HOSTILE)
def test_hostile_addresses_are_refused_by_their_spelling(url: str) -> None:
    with pytest.raises(Refused):
        parse(url)


@pytest.mark.parametrize(
    "url", ["https://example.org", "https://a.example.org:443/x?y=1", "https://8.8.8.8/hook"]
)
def test_public_addresses_pass(url: str) -> None:
    assert parse(url).scheme == "https"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "192.88.99.1", "0.0.0.0"),
        *("::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:8.8.8.8", "::8.8.8.8"),
        *("64:ff9b::808:808", "64:ff9b:1::808:808", "2002:808:808::1", "2001:0:1::1"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


def answers(*addresses: str) -> Any:
    """A resolver that gives these addresses, in turn one list a question."""
    lists = [[a] if isinstance(a, str) else a for a in addresses]

    def resolver(host: str, port: int, *_more: Any, **_options: Any) -> list[Any]:
        found = lists.pop(0) if len(lists) > 1 else lists[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in found]

    return resolver


def test_one_private_address_among_several_refuses_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answers(["8.8.8.8", "10.0.0.1"]))  # type: ignore[arg-type]
    with pytest.raises(Refused, match="address_not_public"):
        resolve(parse("https://example.org/"))


def test_a_name_that_turns_private_after_saving_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: fine when it was saved, loopback when it is sent."""
    with receiving() as receiver:
        monkeypatch.setattr(socket, "getaddrinfo", answers("8.8.8.8", "127.0.0.1"))
        resolve(parse("https://example.org/"))
        outcome = sender.post("https://example.org/", b"{}", {})
        assert (outcome.status, outcome.failure) == (None, "address_not_public")
        assert receiver.letters == []


def test_the_connected_socket_is_checked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the connection leads elsewhere than the checked address says."""
    with receiving() as receiver:
        host, port = "127.0.0.1", int(receiver.url.split(":")[2].split("/")[0])

        def astray(address: Any, **options: Any) -> socket.socket:
            line = socket.socket()
            line.connect((host, port))
            return line

        monkeypatch.setattr(socket, "getaddrinfo", answers("8.8.8.8"))
        monkeypatch.setattr(socket, "create_connection", astray)
        outcome = sender.post("https://example.org/", b"{}", {})
        assert (outcome.status, outcome.failure) == (None, "address_not_public")
        assert receiver.letters == []


def test_a_redirect_is_a_failure_and_not_followed() -> None:
    with receiving() as there, receiving() as here:
        here.answer = status(302, Location=there.url)
        outcome = sender.post(here.url, b"{}", {}, allowed=LOOPBACK)
        assert (outcome.status, outcome.delivered) == (302, False)
        assert there.letters == []


def test_loopback_needs_the_operators_word() -> None:
    with receiving() as receiver:
        assert sender.post(receiver.url, b"{}", {}).failure == "not_https"
        assert receiver.letters == []
        assert sender.post(receiver.url, b"{}", {}, allowed=LOOPBACK).delivered


def drip(handler: Any, _letter: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _second in range(60):
        handler.wfile.write(b"X-Drip: 1\r\n")
        handler.wfile.flush()
        time.sleep(0.1)


def flood(handler: Any, _letter: Any) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _block in range(1_000):
        handler.wfile.write(b"x" * 100_000)


def silence(_handler: Any, _letter: Any) -> None:
    time.sleep(5)


def nonsense(handler: Any, _letter: Any) -> None:
    handler.wfile.write(b"\x00\x01\x02 not http\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "status_code", "failure"),
    [
        (drip, None, "timeout"),
        (silence, None, "timeout"),
        (nonsense, None, "broken_answer"),
        (flood, 200, ""),
    ],
)
def test_hostile_receivers_cost_bounded_time(
    answer: Any, status_code: int | None, failure: str
) -> None:
    with receiving() as receiver:
        receiver.answer = answer
        began = time.monotonic()
        outcome = sender.post(receiver.url, b"{}", {}, allowed=LOOPBACK, seconds=0.5)
        assert (outcome.status, outcome.failure) == (status_code, failure)
        assert time.monotonic() - began < 4


def test_a_closed_port_is_told_apart() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert sender.post(url, b"{}", {}, allowed=LOOPBACK).failure == "unreachable"


def test_a_plain_receiver_where_tls_was_asked() -> None:
    with receiving() as receiver:
        url = receiver.url.replace("http:", "https:")
        outcome = sender.post(url, b"{}", {}, allowed=LOOPBACK, seconds=2)
        assert outcome.status is None
        assert outcome.failure in ("tls", "broken_answer", "timeout")
        assert receiver.letters == []


def test_retry_after_is_read_and_bounded() -> None:
    with receiving() as receiver:
        for text, seconds in (("120", 120), ("999999999", 86_400), ("soon", None), ("-5", None)):
            receiver.answer = status(503, Retry_After=text)
            outcome = sender.post(receiver.url, b"{}", {}, allowed=LOOPBACK)
            assert (outcome.status, outcome.retry_after) == (503, seconds)


def test_networks_of_the_operator() -> None:
    assert targets.is_allowed(ipaddress.ip_address("10.1.2.3"), networks(["10.1.0.0/16"]))
    assert not targets.is_allowed(ipaddress.ip_address("10.2.2.3"), networks(["10.1.0.0/16"]))
