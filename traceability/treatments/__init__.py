"""用药与免疫 · what was given to an animal, by whom, and from which day it may be slaughtered.

`immunising` (免疫), `treating` (用药), `withdrawal` (休药期), `drug_labels` (兽药标签), `amounts`
(数量), `giving` (what both ways of giving have in common). The public names of the first three
are told here again, so that `treatments.treat` reads as a sentence.
"""

from traceability.treatments.amounts import AMOUNT_UNIT_LABELS, AmountUnit
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
    Caution,
    Prescription,
    Treatment,
    cautions,
    courses,
    fold_treatment,
    treat,
)
from traceability.treatments.withdrawal import (
    DRUGS_FILE,
    ROUTE_LABELS,
    UNKNOWN_DRUG_DAYS,
    WITHDRAWAL_BASIS_LABELS,
    WITHDRAWAL_DAYS_MAX,
    Drug,
    Route,
    WithdrawalBasis,
    drugs,
    first_clear_day,
    withdrawal_days_of,
    withdrawal_of,
)

__all__ = [
    "AMOUNT_UNIT_LABELS", "DISEASE_LABELS", "DRUGS_FILE", "PRIVATE_OF_TREATMENT", "ROUTE_LABELS",
    "UNKNOWN_DRUG_DAYS", "WITHDRAWAL_BASIS_LABELS", "WITHDRAWAL_DAYS_MAX", "AmountUnit",
    "Caution", "Disease", "Drug", "Immunisation", "Prescription", "Route", "Treatment",
    "WithdrawalBasis", "cautions", "courses", "doses", "drugs", "first_clear_day",
    "fold_immunisation", "fold_treatment", "immunise", "place_of", "treat", "withdrawal_days_of",
    "withdrawal_of",
]  # fmt: skip
