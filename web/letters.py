"""Letters of the follow-up, worded in the reader's language and sent as e-mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from marketplace.followup.checks import token_of
from marketplace.followup.letters import Digest, Letter, LetterKind
from web import presentation


class MailPost:
    """Sends through the e-mail backend of the settings: console, file or a mail server."""

    def send(self, letter: Letter) -> None:
        mail_of(letter).send()


def mail_of(letter: Letter) -> EmailMessage:
    """The letter as a mail: the template's first line is its subject."""
    with translation.override(letter.user.language):
        context = {"user": letter.user, "about": letter.about, **_CONTEXT[letter.kind](letter)}
        text = render_to_string(f"web/letters/{letter.kind.value}.txt", context)
    subject, _line, body = text.partition("\n")
    return EmailMessage(
        subject=subject.strip(),
        body=_single_blank_lines(body) + "\n",
        to=[letter.user.email],
        headers={"Auto-Submitted": "auto-generated"},
    )


def _single_blank_lines(body: str) -> str:
    """Template tags leave blank lines behind; a letter has one between paragraphs."""
    lines: list[str] = []
    for line in body.strip().splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.strip())
    return "\n".join(lines)


def address(name: str, *arguments: Any) -> str:
    """A page's whole address, for readers outside."""
    return settings.SITE_URL.rstrip("/") + reverse(name, args=arguments)


def _exchange(letter: Letter) -> dict[str, Any]:
    return {"link": address("exchange", letter.about.public_id)}


def _delivery(letter: Letter) -> dict[str, Any]:
    delivery = letter.about
    kind = delivery.exchange.offer.material.kind
    return {
        "amount": presentation.base_amount(delivery.base_quantity, kind),
        "link": address("exchange_deliveries", delivery.exchange.public_id),
    }


def _check(letter: Letter) -> dict[str, Any]:
    return {
        "listing": letter.about.listing,
        "link": address("listing_check", token_of(letter.about)),
    }


def _digest(letter: Letter) -> dict[str, Any]:
    digest: Digest = letter.about
    return {
        "actions": [
            (exchange, address("exchange", exchange.public_id)) for exchange in digest.actions
        ],
        "deliveries": [
            (delivery, address("exchange_deliveries", delivery.exchange.public_id))
            for delivery in digest.deliveries
        ],
        "checks": [
            (check.listing, address("listing_check", token_of(check))) for check in digest.checks
        ],
        "queue": digest.queue_counts(),
        "queue_link": address("chamber"),
        "desk_link": address("my"),
    }


_CONTEXT: Mapping[LetterKind, Callable[[Letter], dict[str, Any]]] = {
    LetterKind.ACTION_DUE: _exchange,
    LetterKind.CONTRACT_ENDS: _exchange,
    LetterKind.DELIVERY_AWAITS: _delivery,
    LetterKind.STILL_VALID: _check,
    LetterKind.WEEKLY: _digest,
}
