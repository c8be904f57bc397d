"""The forms of the final check. Syntax only."""

from __future__ import annotations

from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from pharmacy.accounts.forms import SecretField
from pharmacy.forms import ActForm, TextField, required
from pharmacy.prescriptions.forms import LongTextField
from pharmacy.verification.service import To


class VerifyForm(ActForm):
    """Approve and sign. The tick is the pharmacist's own statement; the secret is never shown again."""

    compared = BooleanField(
        "I have compared original, data, lot record and label, line by line",
        validators=[InputRequired("Compare them line by line, then tick this.")],
    )
    solo_reason = TextField("Why you check your own work alone", longest=500)
    secret = SecretField("Your password or PIN")


class SendBackForm(ActForm):
    """Send back with a reason."""

    to = RadioField(
        "What is wrong",
        choices=[
            SelectChoice(To.LABEL.value, "The label: issue it anew"),
            SelectChoice(To.CONTENTS.value, "What is in the containers: empty them and pack anew"),
            SelectChoice(To.REVIEW.value, "The prescription or a finding: back to clinical review"),
        ],
        default=To.LABEL.value,
    )
    reason = LongTextField("Reason", [required("Say what is wrong.")])

    def where(self) -> To:
        return To(self.to.data)


class AgainForm(ActForm):
    """A form that is only a button."""
