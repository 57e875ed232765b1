"""The legality gate of the matcher: what the law bars is never listed."""

from symbiosis.gate.gate import Gate, gate_between
from symbiosis.gate.units import Unplaced

__all__ = ["Gate", "Unplaced", "gate_between"]
