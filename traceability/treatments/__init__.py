"""用药与免疫 · what was given to an animal, by whom, and from which day it may be slaughtered.

`immunising` (免疫), `treating` (用药), `withdrawal` (休药期), `giving` (what both have in common).
Their public names are told here again, so that `treatments.treat` reads as a sentence.
"""

from traceability.treatments.giving import place_of
from traceability.treatments.immunising import (
    DISEASE_LABELS,
    Disease,
    Immunisation,
    doses,
    fold_immunisation,
    immunise,
)
from traceability.treatments.treating import (
    PRIVATE_OF_TREATMENT,
    Treatment,
    courses,
    fold_treatment,
    treat,
)
from traceability.treatments.withdrawal import (
    DRUGS_FILE,
    UNKNOWN_DRUG_DAYS,
    WITHDRAWAL_DAYS_MAX,
    Drug,
    drugs,
    first_clear_day,
    withdrawal_days_of,
)

__all__ = [
    "DISEASE_LABELS", "DRUGS_FILE", "PRIVATE_OF_TREATMENT", "UNKNOWN_DRUG_DAYS",
    "WITHDRAWAL_DAYS_MAX", "Disease", "Drug", "Immunisation", "Treatment", "courses", "doses",
    "drugs", "first_clear_day", "fold_immunisation", "fold_treatment", "immunise", "place_of",
    "treat", "withdrawal_days_of",
]  # fmt: skip
