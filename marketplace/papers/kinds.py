"""The papers of an exchange: which there are, and which this exchange needs."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.exchanges.models import Exchange
from marketplace.listings.models import WasteStatus


class PaperKind(TextChoices):
    CONTRACT_ANNEX = "contract-annex", gettext_lazy("Annex to the contract")
    IDENTIFICATION = "identification-document", gettext_lazy("Identification document, draft data")
    ANNEX_VII = "annex-vii", gettext_lazy("Annex VII of the shipment regulation, draft data")
    RECORD_BOOK = "record-book", gettext_lazy("Record-book lines")
    PASSPORT = "material-passport", gettext_lazy("Material passport")


@dataclass(frozen=True, slots=True)
class OfferedPaper:
    """A paper with why it is wanted, or why this exchange does without it."""

    kind: PaperKind
    applies: bool
    reason: str

    @property
    def title(self) -> str:
        return str(self.kind.label)


def papers_of(exchange: Exchange) -> list[OfferedPaper]:
    """Every paper, the ones that apply and the others with the reason. None before agreement."""
    if exchange.agreed_terms is None:
        return []
    return [
        OfferedPaper(kind, applies, reason)
        for kind, (applies, reason) in (
            (PaperKind.CONTRACT_ANNEX, (True, _("Waste is handed over under a written contract."))),
            (PaperKind.IDENTIFICATION, _identification(exchange)),
            (PaperKind.ANNEX_VII, _annex_vii(exchange)),
            (PaperKind.RECORD_BOOK, (True, _("Lines of the confirmed deliveries."))),
            (PaperKind.PASSPORT, (True, _("What the receiver should know of the material."))),
        )
    ]


def _identification(exchange: Exchange) -> tuple[bool, str]:
    code = exchange.offer.waste_code
    if code is not None and code.hazardous:
        return True, _("Hazardous waste travels with an identification document.")
    return False, _("Only hazardous waste travels with an identification document.")


def _annex_vii(exchange: Exchange) -> tuple[bool, str]:
    crosses = exchange.offer.site.country != exchange.need.site.country
    if not crosses:
        return False, _("The material stays in the country.")
    if exchange.offer.waste_status == WasteStatus.PRODUCT:
        return False, _("A product crosses borders without it.")
    return True, _("Waste of the green list crosses borders with this information.")
