"""The slices' models, in one place for Django."""

from marketplace.firms.users import User

__all__ = ["User"]
