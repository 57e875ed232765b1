"""The engine's settings as this installation has them: the defaults, and what was set instead.

What each parameter means, its unit, default, bounds, reason and source stand in core/params.py. A
tenant (an installation: one market, one plan) sets another value in the administration, with the
source of it; every posting, run and resident plan from then on is reckoned with it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from decimal import Decimal

from symbiosis.core.errors import ParamsError
from symbiosis.core.params import Parameter, Params, describe
from symbiosis.models import EngineSetting

log = logging.getLogger(__name__)

Value = float | int | bool


@dataclass(frozen=True, slots=True)
class ParameterInForce:
    """A parameter, the value the engine reckons with, and where that was set ('': the default)."""

    parameter: Parameter
    value: Value
    set_source: str

    @property
    def is_default(self) -> bool:
        return not self.set_source


def current_params() -> Params:
    """The settings to reckon with now; one small query."""
    return _with_settings(_settings())


def _settings() -> list[EngineSetting]:
    return list(EngineSetting.objects.order_by("id"))


def _with_settings(settings: list[EngineSetting]) -> Params:
    params = Params()
    for setting in settings:
        try:
            params = with_value(params, setting.name, setting.value)
        except ParamsError as error:  # set before a release that renamed or narrowed it
            log.error("An engine setting is left out: %s", error)
    return params


def with_value(params: Params, name: str, value: Decimal) -> Params:
    """The settings with one replaced, exactly as the parameter is typed.

    Raises ParamsError for an unknown name or a value outside the parameter's bounds.
    """
    default = getattr(Params(), name, None)
    typed: Value = float(value)
    if isinstance(default, (bool, int)) and value == int(value):
        typed = bool(value) if isinstance(default, bool) and value in (0, 1) else int(value)
    return params.but(**{name: typed})


def parameters_in_force() -> list[ParameterInForce]:
    """Every parameter with its value now, in the order of core/params.py."""
    settings = _settings()
    params = _with_settings(settings)
    sources = {setting.name: setting.source for setting in settings}
    return [
        ParameterInForce(
            parameter=parameter,
            value=getattr(params, parameter.name),
            set_source=sources.get(parameter.name, ""),
        )
        for parameter in describe()
    ]
