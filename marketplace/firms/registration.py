"""Bulgarian EIK and EU VAT numbers: shape and check digits, so that a typing error is caught."""

from __future__ import annotations

import re

from stdnum.bg import vat as bg_vat
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

_WEIGHTS_13 = ((2, 7, 3, 5), (4, 9, 5, 7))
"""First and second pass over digits 9 to 12 of a branch EIK (BULSTAT rule)."""


def compact(number: str) -> str:
    """The number without spaces, dots and dashes, upper case."""
    return re.sub(r"[\s.\-]", "", number).upper()


def valid_eik(number: str) -> bool:
    """A 9-digit EIK, or a 13-digit branch whose first nine digits are one.

    Source: BULSTAT register rules; the first nine digits share the VAT number's check digit.

    >>> valid_eik("175074752"), valid_eik("175074753")
    (True, False)
    """
    digits = compact(number)
    if not re.fullmatch(r"[0-9]{9}|[0-9]{13}", digits):
        return False
    if not bg_vat.is_valid(digits[:9]):
        return False
    return len(digits) == 9 or int(digits[12]) == _check_digit_13(digits)


def _check_digit_13(digits: str) -> int:
    middle = [int(d) for d in digits[8:12]]
    for weights in _WEIGHTS_13:
        remainder = sum(w * d for w, d in zip(weights, middle, strict=True)) % 11
        if remainder != 10:
            return remainder
    return 0


def valid_vat(number: str) -> bool:
    """An EU VAT number with its country prefix and check digits."""
    try:
        eu_vat.validate(compact(number))
    except ValidationError:
        return False
    return True
