"""Nominatim as a remote second opinion whose answers are treated as hostile input.

Three seconds, no redirects, half a megabyte, JSON of the expected shape, finite coordinates in
the expected country; anything else is GeocoderUnavailable. After repeated failures the breaker
opens and no request is made for a while, so that saving a form never hangs on a dead service.
"""

from __future__ import annotations

import math
import time
import unicodedata
from collections.abc import Callable
from typing import Any, Final, NoReturn
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from geopy.adapters import URLLibAdapter
from geopy.exc import GeopyError
from geopy.geocoders.base import Geocoder
from geopy.location import Location

from geo.errors import GeocoderUnavailable
from geo.privacy import SERVICE_AREA

TIMEOUT_SECONDS: Final = 3.0
MAX_ANSWER_BYTES: Final = 512 * 1024
MAX_ANSWERS: Final = 10
MAX_ADDRESS_LENGTH: Final = 300
USER_AGENT: Final = "industrial-symbiosis-marketplace/0.1"


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Follow nothing: a redirect may lead inside the network."""


class _BoundedPage:
    """A response of which only so many bytes are read, for only so long."""

    def __init__(self, page: Any, seconds: float) -> None:
        self._page = page
        self._end = time.monotonic() + seconds
        self.headers = page.headers

    def read(self) -> bytes:
        body = b""
        while chunk := self._page.read1(64 * 1024):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES or time.monotonic() > self._end:
                raise GeocoderUnavailable("the answer is too long or too slow")
        return body

    def getcode(self) -> int:
        return int(self._page.getcode())


class GuardedAdapter(URLLibAdapter):  # type: ignore[misc]
    """geopy's standard-library adapter without redirects and with a bounded answer."""

    def __init__(self, *, proxies: Any, ssl_context: Any) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        self._opener = build_opener(
            HTTPSHandler(context=ssl_context), ProxyHandler(proxies), _NoRedirect()
        )
        self.urlopen = self._open

    def _open(self, request: Request, timeout: float) -> _BoundedPage:
        return _BoundedPage(self._opener.open(request, timeout=timeout), timeout)


class CircuitBreaker:
    """Opens after `failures` in a row and lets one attempt through every `rest_seconds`."""

    def __init__(
        self, *, failures: int = 3, rest_seconds: float = 60.0, clock: Callable[[], float]
    ) -> None:
        self.limit, self.rest_seconds, self.clock = failures, rest_seconds, clock
        self.failures = 0
        self.closed_until = -math.inf

    def allows(self) -> bool:
        """Whether an attempt may be made now."""
        return self.clock() >= self.closed_until

    def succeeded(self) -> None:
        """Forget past failures."""
        self.failures, self.closed_until = 0, -math.inf

    def failed(self) -> None:
        """Count a failure; from the limit on, rest."""
        self.failures += 1
        if self.failures >= self.limit:
            self.closed_until = self.clock() + self.rest_seconds


class NominatimGeocoder(Geocoder):  # type: ignore[misc]
    """geopy geocoder for a Nominatim server of the operator's choice."""

    def __init__(
        self,
        url: str,
        *,
        country: str = "BG",
        timeout: float = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("NOMINATIM_URL must be an http or https address")
        super().__init__(
            scheme=parts.scheme,
            timeout=timeout,
            user_agent=USER_AGENT,
            adapter_factory=GuardedAdapter,
        )
        self.api = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/search"
        self.country = country
        self.breaker = CircuitBreaker(clock=clock)

    def geocode(
        self, query: str, *, exactly_one: bool = True, timeout: Any = None
    ) -> Location | list[Location] | None:
        """Location, list of locations or None; raises GeocoderUnavailable on any bad answer."""
        if not self.breaker.allows():
            raise GeocoderUnavailable("resting after repeated failures")
        url = f"{self.api}?{urlencode(self._parameters(query, exactly_one))}"
        try:
            answer = self._call_geocoder(url, lambda found: found, timeout=timeout or self.timeout)
            locations = [checked_location(found, self.country) for found in checked_list(answer)]
        except GeocoderUnavailable:
            self.breaker.failed()
            raise
        except (GeopyError, OSError, ValueError, LookupError, RecursionError) as error:
            self.breaker.failed()
            raise GeocoderUnavailable(f"{type(error).__name__}: no usable answer") from error
        self.breaker.succeeded()
        if not locations:
            return None
        return locations[0] if exactly_one else locations

    def _parameters(self, query: str, exactly_one: bool) -> dict[str, str]:
        return {
            "q": query[:200],
            "format": "jsonv2",
            "addressdetails": "1",
            "countrycodes": self.country.lower(),
            "limit": "1" if exactly_one else str(MAX_ANSWERS),
        }


def checked_list(answer: object) -> list[dict[str, Any]]:
    """The list of JSON objects an answer ought to be."""
    if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
        _refuse("not a list of objects")
    return answer[:MAX_ANSWERS]


def checked_location(found: dict[str, Any], country: str) -> Location:
    """A location of one answer: finite numbers, in the service area, in the country asked for."""
    lat, lon = _degrees(found.get("lat")), _degrees(found.get("lon"))
    west, south, east, north = SERVICE_AREA
    if not (west <= lon <= east and south <= lat <= north):
        _refuse("coordinates outside the service area")
    address = found.get("address")
    code = address.get("country_code") if isinstance(address, dict) else None
    if not isinstance(code, str) or code.upper() != country:
        _refuse("another country")
    name = found.get("display_name")
    if not isinstance(name, str):
        _refuse("no name")
    return Location(_plain(name), (lat, lon), {"source": "nominatim"})


def _degrees(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        _refuse("coordinates that are no numbers")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        _refuse("coordinates that are no numbers")
    if not math.isfinite(number):
        _refuse("coordinates that are not finite")
    return number


def _plain(text: str) -> str:
    """Text without control, format or surrogate characters, of bounded length."""
    kept = (c for c in text if not unicodedata.category(c).startswith("C"))
    return "".join(kept)[:MAX_ADDRESS_LENGTH]


def _refuse(why: str) -> NoReturn:
    raise GeocoderUnavailable(f"unusable answer: {why}")
