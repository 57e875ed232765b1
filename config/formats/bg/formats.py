"""Bulgarian figures: groups of three set apart by a no-break space (БДС practice)."""

THOUSAND_SEPARATOR = "\u00a0"
NUMBER_GROUPING = 3
