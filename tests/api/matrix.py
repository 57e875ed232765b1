"""Who may do what: every route and method of the API, for every role and every kind of target.

A cell is the status that the role gets. Columns are ``ROLES`` in order; rows are the targets:
``-`` a collection; ``own`` a thing of the caller's organisation (brewery); ``other`` a thing of
another organisation, shown in the open; ``hidden`` a thing of another organisation that is not
shown; ``none`` an id that never existed. A method that a route does not list answers 405 to all.
"""

from __future__ import annotations

ROLES = ("anyone", "unscoped", "program", "owner", "officer", "secretariat")
"""No credential; the brewery's program without scopes; with all of them; the brewery's owner in a
browser; an officer of the chamber of Sofia; the administrator of the secretariat."""

Cells = tuple[int, int, int, int, int, int]

PUBLIC = (200, 403, 200, 200, 200, 200)
PUBLIC_UNSCOPED = (200, 200, 200, 200, 200, 200)
MISSING = (404, 403, 404, 404, 404, 404)
HIDDEN = (404, 403, 404, 404, 404, 200)

_CODES: dict[str, Cells] = {"own": PUBLIC, "none": MISSING}
_READ: dict[str, Cells] = {"own": PUBLIC, "other": PUBLIC, "hidden": HIDDEN, "none": MISSING}
_CHANGE: dict[str, Cells] = {
    "own": (401, 403, 200, 200, 403, 200),
    "other": (401, 403, 403, 403, 403, 200),
    "hidden": (401, 403, 404, 404, 404, 200),
    "none": (401, 403, 404, 404, 404, 404),
}
_WITHDRAW: dict[str, Cells] = {
    "own": (401, 403, 204, 204, 403, 204),
    "other": (401, 403, 403, 403, 403, 204),
    "hidden": (401, 403, 404, 404, 404, 204),
    "none": (401, 403, 404, 404, 404, 404),
}
_UPSERT: dict[str, Cells] = {
    # The body names the brewery's site; an officer may not post, so the site does not exist.
    "own": (401, 403, 200, 200, 400, 200),
    "other": (401, 403, 201, 201, 400, 201),
    "none": (401, 403, 201, 201, 400, 201),
}
_OWN_ID: dict[str, Cells] = {
    "own": (401, 403, 200, 200, 404, 404),
    "other": (401, 403, 404, 404, 404, 404),
    "none": (401, 403, 404, 404, 404, 404),
}
_OWN_LIST: dict[str, Cells] = {"-": (401, 403, 200, 200, 200, 200)}
# Deliveries are the two sides' own: neither the chamber nor the secretariat sees one.
_PARTY: dict[str, Cells] = {
    "own": (401, 403, 200, 200, 404, 404),
    "hidden": (401, 403, 404, 404, 404, 404),
    "none": (401, 403, 404, 404, 404, 404),
}
_PAPER: dict[str, Cells] = {
    "own": (401, 403, 200, 200, 404, 200),
    "hidden": (401, 403, 404, 404, 404, 200),
    "none": (401, 403, 404, 404, 404, 404),
}
_PARTY_ADDS: dict[str, Cells] = {**_PARTY, "own": (401, 403, 201, 201, 404, 404)}
_POST: dict[str, Cells] = {"-": (401, 403, 201, 201, 400, 201)}
# What an exchange's parties read and do; the chamber of the region and the secretariat see where it
# stands, and neither speaks for a party nor reads what the parties write.
_EXCHANGE: dict[str, Cells] = {
    "own": (401, 403, 200, 200, 200, 200),
    "other": (401, 403, 404, 404, 200, 200),
    "none": (401, 403, 404, 404, 404, 404),
}
_MOVE: dict[str, Cells] = {
    "own": (401, 403, 200, 200, 403, 403),
    "other": (401, 403, 404, 404, 403, 403),
    "none": (401, 403, 404, 404, 404, 404),
}
_SAY: dict[str, Cells] = {
    "own": (401, 403, 201, 201, 403, 403),
    "other": (401, 403, 404, 404, 403, 403),
    "none": (401, 403, 404, 404, 404, 404),
}
_AFFILIATED: Cells = (401, 403, 200, 200, 200, 200)
_HOLDERS: dict[str, Cells] = {
    # The program that sent the file, and nobody else, not even of the same organisation.
    "own": (401, 404, 200, 404, 404, 404),
    "none": (401, 404, 404, 404, 404, 404),
}
_OWN_ONE: dict[str, Cells] = {
    "own": (401, 403, 200, 200, 404, 404),
    "hidden": (401, 403, 404, 404, 404, 404),
    "none": (401, 403, 404, 404, 404, 404),
}
_LIST: dict[str, Cells] = {"-": PUBLIC}

MATRIX: dict[str, dict[str, dict[str, Cells]]] = {
    "openapi.json": {"GET": {"-": PUBLIC_UNSCOPED}},
    "openapi.yaml": {"GET": {"-": PUBLIC_UNSCOPED}},
    "problems": {"GET": {"-": PUBLIC_UNSCOPED}},
    "problems-one": {"GET": {"own": PUBLIC_UNSCOPED, "none": (404,) * 6}},
    "materials": {"GET": _LIST},
    "materials-one": {"GET": _CODES},
    "waste-codes": {"GET": _LIST},
    "waste-codes-one": {"GET": _CODES},
    "activities": {"GET": _LIST},
    "activities-one": {"GET": _CODES},
    "listing-drafts": {"POST": {"-": (401, 403, 200, 200, 200, 200)}},
    "hazard-assessments": {"POST": {"-": (401, 403, 200, 200, 200, 200)}},
    "units": {"GET": _LIST},
    "units-one": {"GET": _CODES},
    "matching-parameters": {"GET": _LIST},
    "matching-parameters-one": {"GET": _CODES},
    "regions": {"GET": _LIST},
    "regions-one": {"GET": _CODES},
    "aggregates": {"GET": _LIST},
    "missing-links": {"GET": _LIST},
    # Only a person can own an organisation, so a program is refused.
    "organisations": {"GET": _LIST, "POST": {"-": (401, 403, 403, 201, 201, 201)}},
    "organisations-one": {
        "GET": {"own": PUBLIC, "other": PUBLIC, "none": MISSING},
        "PATCH": {
            "own": (401, 403, 200, 200, 403, 200),
            "other": (401, 403, 403, 403, 403, 200),
            "none": (401, 403, 404, 404, 404, 404),
        },
    },
    # The brewery is a member of the chamber; the farm of a cluster nobody here belongs to.
    "affiliations": {"GET": {"-": _AFFILIATED}},
    "affiliations-one": {
        "GET": {
            "own": (401, 403, 200, 200, 200, 200),
            "hidden": (401, 403, 404, 404, 404, 200),
            "none": (401, 403, 404, 404, 404, 404),
        },
        "PATCH": {
            # The chamber is the host: it cannot give itself the member's consent.
            "own": (401, 403, 200, 200, 403, 200),
            "hidden": (401, 403, 404, 404, 404, 200),
            "none": (401, 403, 404, 404, 404, 404),
        },
    },
    "sites": {"GET": _LIST, "POST": {"-": (401, 403, 201, 201, 403, 201)}},
    "sites-own": {
        "GET": _OWN_ID,
        # The body names no organisation: an officer and the secretariat act for their own.
        "PUT": {
            "own": (401, 403, 200, 200, 403, 201),
            "other": (401, 403, 201, 201, 403, 201),
            "none": (401, 403, 201, 201, 403, 201),
        },
    },
    "sites-one": {"GET": _READ, "PATCH": _CHANGE},
    "offers": {"GET": _LIST, "POST": _POST},
    "offers-own": {"GET": _OWN_ID, "PUT": _UPSERT},
    "offers-one": {"GET": _READ, "PATCH": _CHANGE, "DELETE": _WITHDRAW},
    "offers-proposals": {"GET": _READ},
    "needs": {"GET": _LIST, "POST": _POST},
    "needs-own": {"GET": _OWN_ID, "PUT": _UPSERT},
    "needs-one": {"GET": _READ, "PATCH": _CHANGE, "DELETE": _WITHDRAW},
    "needs-proposals": {"GET": _READ},
    "services": {"GET": _LIST, "POST": _POST},
    "services-own": {"GET": _OWN_ID, "PUT": _UPSERT},
    "services-one": {"GET": _READ, "PATCH": _CHANGE, "DELETE": _WITHDRAW},
    "barriers": {"GET": _OWN_LIST},
    # Papers are the firm's own; the secretariat keeps its members' in order.
    "permits": {"GET": _OWN_LIST, "POST": {"-": (401, 403, 201, 201, 403, 201)}},
    "permits-one": {"GET": _PAPER, "PATCH": _PAPER},
    "permits-revocation": {"POST": _PAPER},
    "proposals": {"GET": _LIST},
    "proposals-one": {"GET": _READ},
    "deliveries": {"GET": _OWN_LIST, "POST": {"-": (401, 403, 201, 201, 400, 400)}},
    "deliveries-one": {"GET": _PARTY},
    "deliveries-confirmation": {"POST": _PARTY},
    "deliveries-objection": {"POST": _PARTY},
    "deliveries-correction": {"POST": _PARTY_ADDS},
    "deliveries-withdrawal": {"POST": _PARTY_ADDS},
    "impact": {"GET": _OWN_LIST},
    "impact-figures": {"GET": _OWN_LIST},
    # What a firm declares of itself is its own; the officer and the secretariat save theirs.
    "assessments": {"GET": _OWN_LIST, "POST": {"-": (401, 403, 201, 201, 403, 201)}},
    "assessments-one": {"GET": _OWN_ONE},
    "assessments-advice": {"GET": _OWN_ONE},
    "product-assessments": {"GET": _OWN_LIST, "POST": {"-": (401, 403, 201, 201, 403, 201)}},
    "product-assessments-one": {"GET": _OWN_ONE},
    "exchanges": {
        "GET": {"-": (401, 403, 200, 200, 200, 200)},
        "POST": {"-": (401, 403, 201, 201, 201, 201)},
    },
    "exchanges-one": {"GET": _EXCHANGE},
    "exchanges-moves": {"GET": _EXCHANGE, "POST": _MOVE},
    "exchanges-terms": {"GET": _EXCHANGE, "POST": _SAY},
    "exchanges-messages": {"GET": _EXCHANGE, "POST": _SAY},
    "exchanges-documents": {"GET": _EXCHANGE, "POST": _SAY},
    "documents-one": {
        "GET": {
            "own": (401, 403, 200, 200, 404, 404),
            "other": (401, 403, 404, 404, 404, 404),
            "none": (401, 403, 404, 404, 404, 404),
        }
    },
    # Public like the lists; the name of the file says which.
    "exports-one": {
        "GET": {"own": PUBLIC, "none": (404,) * 6},
    },
    "imports": {
        "GET": {"-": (401, 200, 200, 200, 200, 200)},
        "POST": {"-": (401, 403, 202, 202, 202, 202)},
    },
    "imports-one": {"GET": _HOLDERS},
    "imports-cancel": {"POST": _HOLDERS},
    "imports-resume": {"POST": {**_HOLDERS, "own": (401, 404, 202, 404, 404, 404)}},
    "imports-faults": {"GET": _HOLDERS},
    # Markets are named to every member; matches are the two members' own; the two feeds are for the
    # program of a partner market, which nobody of this table is.
    "partner-markets": {"GET": _OWN_LIST},
    "partner-markets-one": {"GET": {"own": _AFFILIATED, "none": (401, 403, 404, 404, 404, 404)}},
    "partner-descriptors": {"GET": {"-": (401, 403, 403, 403, 403, 403)}},
    "partner-interests": {"GET": {"-": (401, 403, 403, 403, 403, 403)}},
    "partner-matches": {"GET": _OWN_LIST},
    "partner-matches-one": {"GET": _PARTY},
    "partner-matches-interest": {"POST": _PARTY},
    "partner-matches-withdrawal": {"POST": _PARTY},
    # Who sees events and endpoints: the organisations they belong to, and nobody else.
    "events": {"GET": _OWN_LIST},
    "webhooks": {"GET": _OWN_LIST, "POST": {"-": (401, 403, 201, 201, 403, 201)}},
    "webhooks-one": {
        "GET": _OWN_ONE,
        "PATCH": _OWN_ONE,
        "DELETE": {**_OWN_ONE, "own": (401, 403, 204, 204, 404, 404)},
    },
    "webhooks-ping": {"POST": {**_OWN_ONE, "own": (401, 403, 202, 202, 404, 404)}},
    "webhooks-secret": {"POST": _OWN_ONE},
    "webhook-deliveries": {"GET": _OWN_LIST},
    "webhook-deliveries-one": {"GET": _OWN_ONE},
    "webhook-deliveries-redeliver": {"POST": {**_OWN_ONE, "own": (401, 403, 202, 202, 404, 404)}},
    "me": {"GET": {"-": (401, 200, 200, 200, 200, 200)}},
    # Of a person alone. The owner governs the brewery alone, with exchanges open; the officer and
    # the administrator leave nothing behind that waits for somebody.
    "me/data": {"GET": {"-": (401, 403, 403, 200, 200, 200)}},
    "me/erasure": {
        "GET": {"-": (401, 403, 403, 200, 200, 200)},
        "POST": {"-": (401, 403, 403, 409, 204, 204)},
    },
    # A password makes a token; any credential shows and revokes its holder's own tokens.
    "tokens": {
        "GET": {"-": (401, 200, 200, 200, 200, 200)},
        "POST": {"-": (201, 201, 201, 201, 201, 201)},
    },
    "tokens-one": {
        "DELETE": {
            "own": (401, 404, 404, 204, 404, 404),
            "other": (401, 404, 404, 404, 404, 404),
            "none": (401, 404, 404, 404, 404, 404),
        }
    },
}

EXCHANGE_BODIES = {
    "exchanges-moves": {"move": "decline", "reason": "price"},
    "exchanges-terms": {
        "quantity": {"value": "5", "unit": "t"},
        "price": {"amount": "10.00"},
        "starts_on": "2027-01-01",
    },
    "exchanges-messages": {"body": "When?"},
    "exchanges-documents": {"name": "a.txt", "content": "YQ=="},
}
"""What is posted below the address of an exchange."""
