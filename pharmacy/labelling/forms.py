"""The forms of labelling. Syntax only: whether a lot may be taken is for the service to say."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms import HiddenField, TextAreaField, ValidationError
from wtforms.validators import Length, Regexp

from pharmacy.errors import PharmacyError
from pharmacy.forms import ActForm, CountField, required
from pharmacy.preparations.on_hand import Choice

MOST_REASON = 500
LARGEST = 10_000


class ReasonForm(ActForm):
    """Why something that was done is done again, cut or undone."""

    reason = TextAreaField(
        "Why", [required("Say why."), Length(max=MOST_REASON, message=f"At most {MOST_REASON} characters.")]
    )

    def reason_text(self) -> str:
        return str(self.reason.data or "").strip()

    def validate_reason(self, field: Any) -> None:
        if not (field.data or "").strip():
            raise ValidationError("Say why.")


class CancelForm(ReasonForm):
    """Cancel a fill that has containers."""


class UnpackForm(ReasonForm):
    """Take out again what was packed."""


class KeepForm(ActForm):
    """Use the containers as they are."""


class PackForm(ActForm):
    """How much is taken from each lot, and into how many containers. Its fields are made for the lots of the page."""

    def rows(self, choices: Sequence[Choice]) -> list[tuple[Choice, Any, Any]]:
        """Each lot with its two fields."""
        return [(one, self[f"lot_{one.lot.id}"], self[f"in_{one.lot.id}"]) for one in choices]

    def containers(self, choices: Sequence[Choice]) -> tuple[tuple[int, int], ...]:
        """The containers as typed, lot by lot; what goes into several is shared out evenly, the first getting the rest."""
        packed: list[tuple[int, int]] = []
        for one, amount, bottles in self.rows(choices):
            total, count = amount.whole or 0, 1 if bottles.whole is None else bottles.whole
            if total and not count:
                raise PharmacyError("Say into how many containers it goes: 1 or more.", f"in_{one.lot.id}")
            if total > LARGEST or count > total > 0:
                raise PharmacyError("So many containers cannot be filled from that.", f"lot_{one.lot.id}")
            if total:
                share, rest = divmod(total, count)
                packed += [(one.lot.id, share + (1 if number < rest else 0)) for number in range(count)]
        return tuple(packed)


def pack_form(choices: Sequence[Choice]) -> type[PackForm]:
    """The form for these lots, with what is proposed."""
    fields: dict[str, Any] = {}
    for one in choices:
        fields[f"lot_{one.lot.id}"] = CountField(
            f"From lot {one.lot.number}", default=Decimal(one.proposed) if one.proposed else None
        )
        fields[f"in_{one.lot.id}"] = CountField(f"Containers for lot {one.lot.number}", default=Decimal(1))
    return type("PackFormForLots", (PackForm,), fields)


class ReduceForm(ReasonForm):
    """Cut the fill to the quantity that fits."""

    quantity = CountField("Smaller quantity", [required("Say how much is to be dispensed now.")])

    def smaller(self) -> int:
        return self.quantity.whole or 0


class IssueForm(ActForm):
    """Issue the labels that the page shows, on the stock that it shows them on."""

    stock = HiddenField(validators=[Regexp(r"^[0-9a-z]{1,10}$", message="There is no such label stock.")])


class ReissueForm(ReasonForm):
    """Issue them again, and why."""

    stock = HiddenField(validators=[Regexp(r"^[0-9a-z]{1,10}$", message="There is no such label stock.")])


class ReprintForm(ReasonForm):
    """Print the stored bytes once more."""
