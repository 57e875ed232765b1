"""One request to a server that may be hostile: no redirects, bounded in time and in bytes."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.webhooks.targets import IPNetwork, Refused, Target, is_allowed, parse, resolve

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
MAX_ANSWER = 65_536
RETRY_AFTER_MOST = 86_400


@dataclass(frozen=True, slots=True)
class Outcome:
    """The receiver's status, or why there was none; ``retry_after`` in seconds if it asked so;
    ``content`` is what it answered, as far as was asked for."""

    status: int | None
    failure: str = ""
    retry_after: int | None = None
    content: bytes = b""

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        return self.status == 410


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Sequence[IPNetwork] = (),
    seconds: float = TOTAL_SECONDS,
) -> Outcome:
    """Send once. Whatever the receiver does, the answer comes within ``seconds`` and a little."""
    letter = Letter("POST", body, headers, MAX_ANSWER)
    return send(url, letter, allowed=allowed, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent, and how many bytes of the answer are read."""

    method: str
    body: bytes
    headers: Mapping[str, str]
    most: int


def send(
    url: str,
    letter: Letter,
    *,
    allowed: Sequence[IPNetwork] = (),
    seconds: float = TOTAL_SECONDS,
) -> Outcome:
    """One request of any method, under the same bounds as ``post``."""
    try:
        target = parse(url, allowed=allowed)
        raw = _connected(target, allowed)
    except Refused as refusal:
        return Outcome(None, refusal.code)
    except TimeoutError:
        return Outcome(None, "timeout")
    except OSError:
        return Outcome(None, "unreachable")
    return _exchanged(raw, target, letter, seconds)


def _connected(target: Target, allowed: Sequence[IPNetwork]) -> socket.socket:
    """A connection to one of the checked addresses; the socket's own peer is checked again."""
    address = resolve(target, allowed=allowed)[0]
    raw = socket.create_connection((str(address), target.port), timeout=CONNECT_SECONDS)
    try:
        peer = ipaddress.ip_address(str(raw.getpeername()[0]).partition("%")[0])
        if peer != address or not is_allowed(peer, allowed):
            raise Refused("address_not_public")
    except BaseException:
        raw.close()
        raise
    return raw


def _exchanged(
    raw: socket.socket,
    target: Target,
    letter: Letter,
    seconds: float,
) -> Outcome:
    """Timeouts of a socket start afresh with every byte; the alarm ends a slow drip for good."""
    rang = threading.Event()
    line = socket.socket(fileno=os.dup(raw.fileno()))  # outlives the change of the socket to TLS

    def ring() -> None:
        rang.set()
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    alarm = threading.Timer(seconds, ring)
    alarm.daemon = True
    alarm.start()
    connection = http.client.HTTPConnection(target.host, target.port)
    raw.settimeout(seconds)
    connection.sock = raw
    try:
        if target.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(raw, server_hostname=target.host)
        headers = {**letter.headers, "Connection": "close"}
        connection.request(letter.method, target.path, letter.body, headers)
        answer = connection.getresponse()
        content = answer.read(letter.most)
        if rang.is_set():
            return Outcome(None, "timeout")
        return Outcome(answer.status, "", _retry_after(answer.getheader("Retry-After")), content)
    except TimeoutError:
        return Outcome(None, "timeout")
    except ssl.SSLError:
        return Outcome(None, "timeout" if rang.is_set() else "tls")
    except (OSError, http.client.HTTPException):
        return Outcome(None, "timeout" if rang.is_set() else "broken_answer")
    finally:
        alarm.cancel()
        line.close()
        connection.close()
        raw.close()


def _retry_after(header: str | None) -> int | None:
    """Seconds, bounded by a day; the form with a date is left to our own schedule."""
    text = (header or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        return None
    return min(int(text), RETRY_AFTER_MOST)
