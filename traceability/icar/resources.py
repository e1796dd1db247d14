"""收到的资源 · what others sent as ICAR resources: the bytes as they came, and what they became."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from traceability.base.canon import sha256
from traceability.base.db import Base
from traceability.base.errors import Conflict
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.tables import Event
from traceability.holdings import Holding
from traceability.icar.validation import META_CHARS_MAX
from traceability.icar.vocabulary import SOURCE

DIGEST_HEX_CHARS = 64


class IcarResource(Base):
    """ICAR 资源 · one resource that came, and the event of the chain it became."""

    __tablename__ = "icar_resource"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(META_CHARS_MAX))
    source_id: Mapped[str] = mapped_column(String(META_CHARS_MAX))
    resource_type: Mapped[str] = mapped_column(String(60))
    holding_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), unique=True)
    content_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    body: Mapped[bytes]

    __table_args__ = (UniqueConstraint("source", "source_id"),)


UNCHAINED: dict[str, str] = {
    f"icar_resource.{column.name}": "bytes that came; the event they became names their hash"
    for column in Base.metadata.tables["icar_resource"].columns
}


@dataclass(frozen=True, slots=True)
class Received:
    """One resource as it came: its text and what it says; judged before."""

    text: str
    told: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """By what it is the same again: `meta.source` and `meta.sourceId`."""
        return self.told["meta"]["source"], self.told["meta"]["sourceId"]

    @property
    def content_sha256(self) -> bytes:
        """The hash of what it says, however it is written and whenever it was sent."""
        meta = {name: self.told["meta"].get(name) for name in ("source", "sourceId", "isDeleted")}
        content = {**self.told, "meta": meta}
        return sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode())


def known(session: Session, received: Received) -> bytes | None:
    """The digest of the event the same resource became before; our own event come home included.

    Raises:
        Conflict: `icar.source_id_reused` for other content under the same number.
    """
    source, number = received.key
    if source == SOURCE and (ours := _own(session, number)) is not None:
        return ours
    wanted = select(IcarResource).where(
        IcarResource.source == source, IcarResource.source_id == number
    )
    found = session.scalars(wanted).one_or_none()
    if found is None:
        return None
    if found.content_sha256 != received.content_sha256:
        sentence = "这个 meta.sourceId 已送过另外的内容；不同的事请换编号，更正请在平台办理"
        raise Conflict("icar.source_id_reused", sentence)
    number_of = found.event_id
    (became,) = events.choose(session, lambda stored: stored.where(Event.id == number_of))
    return became.digest


def _own(session: Session, number: str) -> bytes | None:
    if len(number) != DIGEST_HEX_CHARS or not set(number) <= set("0123456789abcdef"):
        return None
    found = events.by_digest(session, bytes.fromhex(number))
    return None if found is None else found.digest


def keep(session: Session, received: Received, place: Holding, event: EventView) -> None:
    """Keep the bytes of a resource beside the event it became."""
    source, number = received.key
    session.add(
        IcarResource(
            source=source,
            source_id=number,
            resource_type=received.told["resourceType"],
            holding_id=place.id,
            event_id=event.id,
            content_sha256=received.content_sha256,
            body=received.text.encode(),
        )
    )
    session.flush()


def of_events(session: Session, line: Sequence[EventView]) -> dict[int, IcarResource]:
    """What came of events, by the number of each."""
    wanted = select(IcarResource).where(IcarResource.event_id.in_([event.id for event in line]))
    return {row.event_id: row for row in session.scalars(wanted)}
