"""People, their roles and secrets, and what keeps strangers out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pharmacy.actions.catalogue import Actor, Role
from pharmacy.db import FROZEN, Base, Subject


class Person(Subject):
    """Someone who works here. Never deleted: an entry in the log names the person for ever."""

    __tablename__ = "person"
    sign_in_name: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str]
    credentials: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str] = mapped_column(info=FROZEN)
    password_is_temporary: Mapped[bool] = mapped_column(default=False)
    pin_hash: Mapped[str | None] = mapped_column(info=FROZEN)
    pin_failures: Mapped[int] = mapped_column(default=0)
    session_epoch: Mapped[int] = mapped_column(default=0)  # a new number ends all sessions of the person
    roles: Mapped[list[PersonRole]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    def to_actor(self) -> Actor:
        """The person as the door knows her."""
        return Actor.of(self.id, frozenset(Role(row.role) for row in self.roles), self.full_name)


class PersonRole(Base):
    __tablename__ = "person_role"
    __table_args__ = (UniqueConstraint("person_id", "role"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]


class SignInFailure(Base):
    """One failed sign-in, counted by account and by address to slow down and lock. Emptied for the account by a success."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index(None, "account", "at"), Index(None, "address", "at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime]


class HeldForm(Base):
    """A form that was posted after its session ended: it waits for the same person to sign in again."""

    __tablename__ = "held_form"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    path: Mapped[str]
    content: Mapped[str] = mapped_column(info=FROZEN)  # the fields as JSON [[name, value], …], without the CSRF token
    held_at: Mapped[datetime]
