"""What a prescriber ordered, as entered: checked for sense before it becomes a row. Whether it is safe, screening says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from pharmacy.domain.dates import day_text
from pharmacy.domain.directions import Directions, sentence
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.quantity import Concentration, decimal_text, exact
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.syringes import SyringeFacts, syringe_for
from pharmacy.errors import Mismatch, PharmacyError

MOST = {Form.CAPSULE: 1000, Form.LIQUID: 2000}
MOST_AT_ONCE = {Form.CAPSULE: Decimal(20), Form.LIQUID: Decimal(30)}
MOST_REFILLS = 11
TEN_FOLD = Decimal(10)  # mg: what a capsule of this much would hold is no low dose


class CameBy(StrEnum):
    """How a prescription reached the pharmacy."""

    PAPER = "paper"
    FAX = "fax"
    ELECTRONIC = "electronic"
    TELEPHONE = "telephone"


@dataclass(frozen=True, slots=True)
class Order:
    """The medicine, its directions and how much of it. `strength` is mg a capsule or mg/mL; `quantity` capsules or mL."""

    form: Form
    strength: Decimal
    directions: Directions
    quantity: int
    refills: int
    purpose: str
    print_purpose: bool
    reason_for_compounding: str

    @property
    def stated(self) -> Strength:
        return Strength(self.strength, self.form)

    def check(self, made: tuple[Decimal, ...] = ()) -> None:
        """Raise a :class:`PharmacyError` at the field that cannot be. ``made``: the strengths that are made here."""
        if self.strength <= 0:
            raise PharmacyError("The strength must be above 0.", "strength")
        if self.quantity < 1:
            raise PharmacyError("The quantity must be above 0.", "quantity")
        if self.quantity > MOST[self.form]:
            raise PharmacyError(f"At most {self.form.amount_text(MOST[self.form])} are dispensed at once.", "quantity")
        if not 0 <= self.refills <= MOST_REFILLS:
            raise PharmacyError(f"Refills is a whole number, 0 to {MOST_REFILLS}.", "refills")
        if not self.reason_for_compounding:
            raise PharmacyError("Say why it is compounded.", "reason_for_compounding")
        check_directions(self.directions, self.stated, made)

    def words(self) -> dict[str, str]:
        """Each part as people read it, for what was and what is now."""
        return {
            "medicine": self.stated.text(),
            "directions": sentence(self.directions),
            "quantity": self.form.amount_text(self.quantity),
            "refills": str(self.refills),
            "purpose": self.purpose,
            "purpose on the label": "yes" if self.print_purpose else "no",
            "reason for compounding": self.reason_for_compounding,
        }


def check_directions(directions: Directions, strength: Strength, made: tuple[Decimal, ...] = ()) -> None:
    """The amounts can be taken and measured: whole capsules, or millilitres that one oral syringe has marks for."""
    form = strength.form
    if directions.form is not form:
        raise Mismatch("The directions are for another form.", "steps")
    for step in directions.steps:
        if step.amount > MOST_AT_ONCE[form]:
            most = form.amount_text(MOST_AT_ONCE[form])
            raise PharmacyError(f"More than {most} at once cannot be meant.", "steps")
    if form is Form.LIQUID:
        oral_syringe(directions, strength, made)


def oral_syringe(directions: Directions, strength: Strength, made: tuple[Decimal, ...] = ()) -> SyringeFacts:
    """The oral syringe that goes with the liquid; a PharmacyError at ``steps`` says which concentration could be measured."""
    others = [Concentration(exact(one)) for one in made]
    try:
        return syringe_for(directions, Concentration(exact(strength.amount)), others)
    except CalculationRefused as refused:
        raise PharmacyError(str(refused), "steps") from None


def check_made(strength: Strength, made: tuple[Decimal, ...]) -> None:
    """The strength is one that an approved formula makes; else say which are, and ask for a misplaced point.

    Without any approved formula of the form, only what is no low dose is refused here; the plan will find no formula.
    """
    if strength.amount in made or (not made and (strength.form is Form.LIQUID or strength.amount < TEN_FOLD)):
        return
    asked = Strength(strength.amount, strength.form).amount_text()
    tenth = strength.amount / 10
    meant = tenth if tenth in made or (not made and tenth < TEN_FOLD) else None
    question = f" Was {Strength(meant, strength.form).amount_text()} meant?" if meant else ""
    if not made:
        raise PharmacyError(f"{asked} in one capsule is no low dose.{question}", "strength")
    listed = ", ".join(decimal_text(one) for one in made)
    raise PharmacyError(
        f"{asked} is not made here.{question} Approved formulas of the {strength.form.words} make "
        f"{listed}\u00a0{strength.form.strength_unit}.",
        "strength",
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    """How the order came: its `original` as bytes, or who called and that it was read back."""

    written_on: date
    came_by: CameBy
    original: bytes | None = None
    caller: str = ""
    read_back: bool = False

    def check(self, today: date, valid_days: int) -> None:
        """Raise a :class:`PharmacyError` at the field that is missing or cannot be."""
        if self.written_on > today:
            raise PharmacyError("The day lies in the future.", "written_on")
        last = self.written_on + timedelta(days=valid_days)
        if last < today:
            raise PharmacyError(f"The prescription expired on {day_text(last)}; ask for a new one.", "written_on")
        if self.came_by is CameBy.TELEPHONE:
            if not self.caller:
                raise PharmacyError("Say who called.", "caller")
            if not self.read_back:
                raise PharmacyError("A telephone order is read back to the caller.", "read_back")
        elif not self.original:
            raise PharmacyError("Add the original as a PDF, JPEG or PNG file.", "original")
