"""What this layer keeps of a person: told and erased with the rest (marketplace/people)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.dispatch import receiver
from oauth2_provider.models import (
    get_access_token_model,
    get_device_grant_model,
    get_grant_model,
    get_id_token_model,
    get_refresh_token_model,
)

from api.models import IdempotentRequest, Import, PersonalToken
from api.webhooks.outbox import instant
from marketplace.people.erasing import person_erased
from marketplace.people.personal_data import personal_data_asked


@receiver(personal_data_asked, dispatch_uid="api.tell_credentials")
def tell_credentials(sender: Any, *, user: Any, **_more: Any) -> dict[str, Any]:
    """Tokens without their secrets, programs let in, files sent, answers remembered for a day."""
    return {
        "tokens": [
            {
                "id": row.public_id,
                "name": row.name,
                "scopes": row.scopes,
                "created_at": instant(row.created),
                "expires_at": _instant(row.expiry),
                "last_used_at": _instant(row.last_used_at),
            }
            for row in PersonalToken.objects.filter(user=user).order_by("created")
        ],
        "programs_let_in": [
            {"program": row.application.name, "scopes": row.scope.split()}
            for row in get_access_token_model()
            .objects.filter(user=user)
            .select_related("application")
            .order_by("id")
        ],
        "imports": [
            {"id": row.public_id, "created_at": instant(row.created_at)}
            for row in Import.objects.filter(user=user).order_by("id")
        ],
        "answered_requests": IdempotentRequest.objects.filter(_of_caller(user)).count(),
    }


@receiver(person_erased, dispatch_uid="api.forget_person")
def forget_person(sender: Any, *, user: Any, **_more: Any) -> None:
    """Every credential stops at once; endpoints that spoke with the person's rights pause by
    themselves at their next turn."""
    for rows in _credentials(user):
        rows.delete()
    IdempotentRequest.objects.filter(_of_caller(user)).delete()
    Import.objects.filter(user=user).delete()


def _credentials(user: Any) -> list[QuerySet[Model]]:
    models = (
        get_refresh_token_model(),
        get_access_token_model(),
        get_id_token_model(),
        get_grant_model(),
        get_device_grant_model(),
        PersonalToken,
    )
    return [model.objects.filter(user=user) for model in models]


def _of_caller(user: Any) -> Q:
    """Requests made by the person, or by a program in its name (api/access.py)."""
    return Q(caller=f"user:{user.pk}") | Q(caller__endswith=f":user:{user.pk}")


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant(at)
