"""The vocabulary of a negotiation: states, moves, roles, conditions, reasons, with their names."""

from __future__ import annotations

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where an exchange stands. Only ``proposed`` is never stored: it is the matcher's word."""

    PROPOSED = "proposed", _("proposed")
    OPENED = "opened", _("opened")
    INTEREST_ONE = "interest_one", _("one side is interested")
    INTEREST_BOTH = "interest_both", _("both sides are interested")
    DISCLOSED = "disclosed", _("names are known")
    CHECKING = "checking", _("sample or visit")
    TERMS = "terms", _("terms on the table")
    AGREED = "agreed", _("agreed")
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    DECLINED = "declined", _("declined")
    EXPIRED = "expired", _("expired")
    LOST = "lost", _("lost")


class Move(TextChoices):
    """What can be done to an exchange."""

    OPEN = "open", _("open the exchange")
    INTEREST = "interest", _("say you are interested")
    SHARE = "share", _("share your name and contacts")
    ARRANGE_CHECK = "arrange_check", _("arrange a sample or a visit")
    REPORT_CHECK = "report_check", _("report the sample or the visit")
    PROPOSE_TERMS = "propose_terms", _("propose terms")
    ACCEPT_TERMS = "accept_terms", _("accept the terms")
    START = "start", _("start deliveries")
    COMPLETE = "complete", _("complete the exchange")
    DECLINE = "decline", _("decline")
    LOSE = "lose", _("record that it fell through")
    EXPIRE = "expire", _("let it expire")
    REOPEN = "reopen", _("reopen")
    PLAN = "plan", _("set the date of the next action")


class Role(TextChoices):
    """In which capacity somebody acts on an exchange."""

    OFFER = "offer", _("the holder of the material")
    NEED = "need", _("the receiver")
    FACILITATOR = "facilitator", _("the chamber")
    CLOCK = "clock", _("the calendar")


class LossReason(TextChoices):
    """Why it came to nothing; coded, so that a cleared blocker can find its matches again."""

    PRICE = "price", _("price")
    QUANTITY = "quantity", _("quantity")
    QUALITY = "quality", _("quality")
    LEGAL = "legal", _("a permit or document is missing")
    HAULAGE = "haulage", _("haulage or distance")
    TIMING = "timing", _("timing or season")
    STORAGE = "storage", _("storage or equipment")
    OTHER_DEAL = "other_deal", _("dealt with somebody else")
    PROCESS_CHANGED = "process_changed", _("the stream or the process has changed")
    CONFIDENTIALITY = "confidentiality", _("confidentiality")
    NO_ANSWER = "no_answer", _("no answer")
    OTHER = "other", _("another reason")


class Outcome(TextChoices):
    """What a sample or a visit showed."""

    FITS = "fits", _("fits")
    FITS_WITH_CHANGES = "fits_with_changes", _("fits after changes")
    DOES_NOT_FIT = "does_not_fit", _("does not fit")


class Condition(StrEnum):
    """What a row of the table asks for beside the state and the actor."""

    NOT_YET_INTERESTED = "not_yet_interested"
    NOBODY_SHARED = "nobody_shared"
    ONLY_OTHER_SHARED = "only_other_shared"
    NAMES_SHARED = "names_shared"
    NAMES_NOT_SHARED = "names_not_shared"
    OUTCOME = "outcome"
    REASON = "reason"
    NO_TERMS = "no_terms"
    TERMS_ON_TABLE = "terms_on_table"
    NEW_TERMS = "new_terms"
    OTHERS_LATEST_TERMS = "others_latest_terms"
    OVERDUE = "overdue"
    NEXT_DATE = "next_date"
    LISTINGS_OPEN = "listings_open"
    QUANTITY_FREE = "quantity_free"


CONDITION_WORDS = {
    Condition.NOT_YET_INTERESTED: _("Your side has said so already."),
    Condition.NOBODY_SHARED: _("Your side has shared its name already."),
    Condition.ONLY_OTHER_SHARED: _("Your side has shared its name already."),
    Condition.NAMES_SHARED: _("The names have not been shared yet."),
    Condition.NAMES_NOT_SHARED: _("The names have been shared already."),
    Condition.OUTCOME: _("Say what the sample or the visit showed."),
    Condition.REASON: _("Say why, with one of the listed reasons."),
    Condition.NO_TERMS: _("Terms are on the table already."),
    Condition.TERMS_ON_TABLE: _("No terms are on the table."),
    Condition.NEW_TERMS: _("Give the terms you propose."),
    Condition.OTHERS_LATEST_TERMS: _(
        "Only the latest terms can be accepted, and only by the other side."
    ),
    Condition.OVERDUE: _("The next action is not overdue."),
    Condition.NEXT_DATE: _("Give the date of the next action."),
    Condition.LISTINGS_OPEN: _("The offer and the need must both be open."),
    Condition.QUANTITY_FREE: _("So much is no longer free."),
}
"""The refusal a person reads when a condition does not hold."""
