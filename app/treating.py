"""用药 · a course as a form or a request tells it, and what must be known of it; pages and API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy.orm import Session

from app import herd
from traceability import inputs, treatments
from traceability.treatments import Caution, Prescription, Treatment


@dataclass(frozen=True, slots=True)
class Course:
    """One course, with what must be known of it."""

    treatment: Treatment
    warnings: Sequence[Caution]


def treat(session: Session, given: Mapping[str, Any]) -> Course:
    """Record a course, as a form or a request asked for it.

    Raises:
        NotFound: `animal.not_found`.
    """
    told = dict(given)
    animal = herd.by_text(session, str(told.pop("ear_tag")))
    told["used_milli"] = told.pop("used")
    prescription = Prescription(**{each.name: told.pop(each.name) for each in fields(Prescription)})
    course = treatments.treat(session, animal, **told, prescription=prescription, **herd.actors())
    return _told(session, course)


def courses(session: Session, ref: str) -> Sequence[Course]:
    """The courses of an animal that the person may see, newest first.

    Raises:
        NotFound: `animal.not_found`.
    """
    found = treatments.courses(session, herd.get(session, ref))
    return [_told(session, course) for course in found]


def _told(session: Session, course: Treatment) -> Course:
    return Course(course, [*treatments.cautions(course), *inputs.cautions(session, course)])
