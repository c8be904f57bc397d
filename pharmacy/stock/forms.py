"""The forms of stock. Syntax only: whether a basis and a water agree is for the domain to say."""

from __future__ import annotations

from typing import Any

from wtforms import FileField, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from pharmacy import clock
from pharmacy.domain.certificate import Basis
from pharmacy.domain.dates import last_day_of_month
from pharmacy.domain.errors import Impossible
from pharmacy.forms import (
    ActForm,
    CountField,
    DayField,
    PositiveField,
    QuantityField,
    TextField,
    not_in_future,
    optional,
    required,
)
from pharmacy.stock.labels import LabelGiven
from pharmacy.stock.models import Lot
from pharmacy.stock.service import CertificateGiven, Receipt
from pharmacy.stock.words import KINDS, UNITS

BASES = [
    SelectChoice("", "choose"),
    SelectChoice(Basis.ANHYDROUS.value, "anhydrous basis"),
    SelectChoice(Basis.DRIED.value, "dried basis"),
    SelectChoice(Basis.AS_IS.value, "as is"),
]


class ExpiryField(DayField):
    """A day, or month and year as printed (``06/2027``), which means the last day of that month."""

    def process_formdata(self, valuelist: list[str]) -> None:
        given = valuelist[0].strip() if valuelist else ""
        if given.count("/") == 1:
            try:
                self.data = last_day_of_month(given)
            except Impossible as refused:
                self.data = None
                raise ValueError(str(refused)) from None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(
                "Write the expiry as 30 JUN 2027, or as 06/2027. There is no such day, or it is written otherwise."
            ) from None


class ReasonForm(ActForm):
    """What is asked for with every correction: why."""

    reason = TextAreaField("Reason", [required("Say why."), Length(max=500, message="At most 500 characters.")])

    def reason_text(self) -> str:
        return str(self.reason.data or "").strip()

    def validate_reason(self, field: Any) -> None:
        if not (field.data or "").strip():
            raise ValidationError("Say why.")


class _CertificateFields(ActForm):
    """The numbers of a certificate of analysis, in per cent, and its file."""

    assay = PositiveField("Assay", [optional()])
    basis = SelectField("The assay is stated", choices=BASES, validate_choice=True)
    water = QuantityField("Water, or loss on drying", [optional()])
    solvents = QuantityField("Residual solvents", [optional()])
    file = FileField("Certificate (PDF, JPEG or PNG)")

    def upload(self) -> bytes:
        """The bytes of the file, empty when none was chosen."""
        given = self.file.data
        return bytes(given.read()) if given and getattr(given, "filename", "") else b""

    def certificate(self, content: bytes = b"", media_type: str = "") -> CertificateGiven | None:
        """What was read off the certificate; None when nothing was given."""
        numbers = (self.assay.data, self.basis.data or None, self.water.data, self.solvents.data)
        if not content and all(number is None for number in numbers):
            return None
        return CertificateGiven(*numbers, content, media_type)


class _LabelFields(ActForm):
    """What the label of a lot says: of tablets the strength of one; and the NDC."""

    label_strength = PositiveField("Strength of one tablet by its label", [optional()])
    ndc = TextField("NDC", [optional()], longest=20)

    def label(self) -> LabelGiven:
        """What was read off the label."""
        return LabelGiven(self.label_strength.data, self.ndc.data or "")


class ReceiveForm(_CertificateFields, _LabelFields):
    """One delivery of one lot."""

    supplier = TextField("Supplier", [required("Say who supplied it.")])
    number = TextField("Lot number", [required("Write the lot number as the supplier printed it.")], longest=60)
    amount = PositiveField("Amount", [required("Say how much came.")])
    received_on = DayField("Received on", [required("Say when it came."), not_in_future])
    expiry = ExpiryField("Expiry", [optional()])

    def receipt(self, content: bytes, media_type: str) -> Receipt:
        assert self.amount.data is not None
        assert self.received_on.data is not None
        return Receipt(
            self.supplier.data,
            self.number.data,
            self.amount.data,
            self.received_on.data,
            self.expiry.data,
            self.certificate(content, media_type),
            self.label(),
        )

    @classmethod
    def blank(cls) -> ReceiveForm:
        form = cls.about()
        if not form.is_submitted():
            form.received_on.data = clock.today()
        return form  # type: ignore[no-any-return]


class ReleaseForm(_CertificateFields, _LabelFields, ReasonForm):
    """Release from quarantine; of a drug the certificate's numbers, of tablets their label, are read once more."""

    @classmethod
    def of(cls, lot: Lot) -> ReleaseForm:
        form = cls.about(lot)
        if not form.is_submitted():
            form.assay.data, form.basis.data = lot.assay, lot.assay_basis or ""
            form.water.data, form.solvents.data = lot.water, lot.solvents
            form.label_strength.data, form.ndc.data = lot.label_strength, lot.ndc or ""
        return form  # type: ignore[no-any-return]


class WasteForm(ReasonForm):
    amount = PositiveField("Amount to write off", [required("Say how much.")])


class CountForm(ReasonForm):
    counted = QuantityField("Counted or weighed", [required("Say what was counted.")])


class ShellsForm(ReasonForm):
    """What was measured of a lot of empty shells."""

    capacity = PositiveField("Capacity of one shell", [required("Say what one holds.")])
    together = PositiveField("Mass of the empty shells together", [required("Weigh at least ten together.")])
    weighed = CountField("How many were weighed", [required("Say how many.")])
    reason = TextAreaField(
        "How it was measured",
        [required("Say how the capacity was measured."), Length(max=500, message="At most 500 characters.")],
    )


class ItemForm(ActForm):
    """A new item of which lots will be kept."""

    name = TextField("Name", [required("The item needs a name.")])
    code = TextField("Code", [required("The item needs a code.")], longest=60)
    kind = SelectField("Kind", choices=[SelectChoice(kind, kind) for kind in KINDS])
    unit = SelectField("Unit", choices=[SelectChoice(unit, unit) for unit in UNITS])
