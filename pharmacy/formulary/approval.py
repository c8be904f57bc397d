"""Who of this pharmacy may approve a draft, and what to do where nobody may: what its page and the queue say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from pharmacy.accounts import queries as accounts
from pharmacy.actions.catalogue import Action, Role
from pharmacy.premises import queries as premises

_NAMED = 4  # so many are named; more are counted
NOBODY_ELSE = (
    ", and nobody else here is a pharmacist: an administrator adds one under People, or the pharmacist in charge turns on "
    "solo mode in the settings."
)


@dataclass(frozen=True, slots=True)
class Way:
    """A page that leads on, for whoever may do there what is to be done."""

    words: str
    endpoint: str
    action: Action
    values: Mapping[str, str] = field(default_factory=dict)


ADD_A_PHARMACIST = Way("Add a pharmacist", "accounts.add", Action.ADD_PERSON)
LOOK_AT_THEM = Way("Formulary", "formulary.index", Action.VIEW)
TURN_ON_SOLO_MODE = Way("Turn on solo mode", "premises.setting", Action.SET_POLICY, {"key": "solo_mode"})


@dataclass(frozen=True, slots=True)
class Approvers:
    """The pharmacists who work here now, by id, and whether solo mode is on."""

    names: Mapping[int, str]
    solo_mode: bool

    def others(self, author_id: int) -> str:
        """The pharmacists but the author, in words; empty where there is none."""
        names = [name for row_id, name in self.names.items() if row_id != author_id]
        if len(names) > _NAMED:
            names = [*names[: _NAMED - 1], f"{len(names) - _NAMED + 1} more"]
        return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))

    def may(self, person_id: int, author_id: int) -> bool:
        """Whether this person may approve what that one wrote."""
        return person_id in self.names and (person_id != author_id or self.solo_mode)

    def ways(self, author_id: int) -> tuple[Way, ...]:
        """The ways out where nobody may."""
        stuck = not self.others(author_id) and not self.solo_mode
        return (ADD_A_PHARMACIST, TURN_ON_SOLO_MODE) if stuck else ()

    def next_step(self, author_id: int, reader_id: int, them: str = "it", some: str = "") -> str:
        """What becomes of a draft, as its reader must hear it. ``them``: ``it`` or ``them``; ``some``: ``some of ``."""
        others = self.others(author_id)
        if author_id != reader_id:
            if others or self.solo_mode:
                return f"{others or 'Its author, in solo mode,'} may approve {them}."
            return f"Whoever wrote {them} may not approve {them}{NOBODY_ELSE}"
        wrote = f"You wrote {some}{them}"
        if self.solo_mode:
            return f"{wrote}: in solo mode you may approve {them} yourself, with a reason that stays in the record."
        return f"{wrote} and may not approve {them}" + (f": {others} may." if others else NOBODY_ELSE)


def approvers(db: Session) -> Approvers:
    """Read who may approve today."""
    roles = (Role.PHARMACIST, Role.PHARMACIST_IN_CHARGE)
    return Approvers(accounts.working_as(db, roles), premises.policy(db).solo_mode)
