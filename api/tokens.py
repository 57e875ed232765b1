"""Personal tokens: issued for a password, shown once, listed and revoked by their owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib.auth import authenticate
from django.db.models import Q, QuerySet
from django.utils import timezone

from api import problems
from api.models import PersonalToken
from api.refusals import ApiError
from marketplace.audit import also_acting


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A stored token with its text, which exists only here."""

    stored: PersonalToken
    text: str


def issue_token(
    *, request: Any, email: str, password: str, name: str, scopes: list[str], days: int
) -> IssuedToken:
    """A token for whoever knows the password; 401 without saying which of the two was wrong.

    ``authenticate`` hashes a password for unknown addresses as well, so the time tells nothing.
    """
    user = authenticate(request, username=email, password=password)
    if user is None:
        raise ApiError(problems.UNAUTHENTICATED)
    also_acting(user=user.pk)
    stored, text = PersonalToken.objects.create(
        user=user, expiry=timedelta(days=days), name=name, scopes=sorted(set(scopes))
    )
    return IssuedToken(stored, text)


def tokens_of(user: Any) -> QuerySet[PersonalToken]:
    """A person's live tokens; a program has none."""
    if user is None:
        return _tokens().none()
    live = Q(expiry__isnull=True) | Q(expiry__gt=timezone.now())
    return _tokens().filter(live, user=user)


def _tokens() -> QuerySet[PersonalToken]:
    return cast("QuerySet[PersonalToken]", PersonalToken.objects.all())


def revoke_token(token: PersonalToken) -> None:
    """The token stops at once."""
    token.delete()


def forget_expired(*, now: datetime) -> int:
    """Delete personal tokens past their day; returns how many."""
    deleted, _rows = _tokens().filter(expiry__lte=now).delete()
    return deleted
