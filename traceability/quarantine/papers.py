"""证明记录 · the rows of certificates and of the animals they name; `certificates` issues them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, PrimaryKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from traceability.base.db import Base, Subject
from traceability.checks import CertificateFacts
from traceability.holdings import Holding
from traceability.identifiers.certificates import CertificateForm
from traceability.parties import Party
from traceability.quarantine.declarations import Declaration, Purpose


class CertificateState(StrEnum):
    """检疫证明状态."""

    ISSUED = "issued"
    REVOKED = "revoked"


CERTIFICATE_STATE_LABELS = {
    CertificateState.ISSUED: "有效",
    CertificateState.REVOKED: "已作废",
}


class Certificate(Subject, Base):
    """检疫证明 · the animals of one declaration, on one journey."""

    __tablename__ = "certificate"
    __ref_prefix__ = "certificate"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    official_number: Mapped[str | None] = mapped_column(String(40))
    short_code: Mapped[str] = mapped_column(String(20), unique=True)
    form: Mapped[CertificateForm]
    declaration_id: Mapped[int] = mapped_column(ForeignKey("declaration.id"), unique=True)
    purpose: Mapped[Purpose]
    owner_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    origin_id: Mapped[int] = mapped_column(ForeignKey("holding.id"))
    destination_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    vet_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    plate: Mapped[str | None] = mapped_column(String(12), index=True)
    issued_at: Mapped[datetime]
    valid_until: Mapped[date]
    state: Mapped[CertificateState]

    declaration: Mapped[Declaration] = relationship()
    owner: Mapped[Party] = relationship(foreign_keys=[owner_id])
    origin: Mapped[Holding] = relationship(foreign_keys=[origin_id])
    destination: Mapped[Holding] = relationship(foreign_keys=[destination_id])
    vet: Mapped[Party] = relationship(foreign_keys=[vet_id])

    def facts_for(self, destination: Holding) -> CertificateFacts:
        """What the rules need to know of it, for a journey to that place."""
        return CertificateFacts(
            number=self.number,
            form=self.form.value,
            valid_from=self.issued_at,
            valid_until=self.valid_until,
            origin_region=self.origin.region_code,
            destination_region=self.destination.region_code,
            revoked=self.state is CertificateState.REVOKED,
            names_destination=self.destination_id == destination.id,
        )


class CertificateAnimal(Base):
    """证明牛只 · an animal a certificate names."""

    __tablename__ = "certificate_animal"

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"))
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)

    __table_args__ = (PrimaryKeyConstraint("certificate_id", "animal_id"),)
