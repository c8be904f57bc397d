"""Bytes kept once under their sha256: originals, certificates, issued labels and printed records."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from pharmacy.db import FROZEN, Base


class Document(Base):
    """Written once, never changed: triggers refuse it."""

    __tablename__ = "document"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(info=FROZEN, deferred=True)
    size: Mapped[int]
    kept_at: Mapped[datetime]
