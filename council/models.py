"""The slices' models, in one place for Django, and which of them leave an audit trail."""

from council.circularity.models import ProductAssessment, YearAssessment
from marketplace.audit import audited

__all__ = ["ProductAssessment", "YearAssessment"]

audited(ProductAssessment)
audited(YearAssessment)
