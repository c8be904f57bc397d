"""Forms for signing in, people and secrets: text in, plain values out."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, PasswordField, SelectMultipleField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from pharmacy.actions.catalogue import Role
from pharmacy.forms import ActForm, TextField, required

ROLES = [role.value for role in Role if role is not Role.PROGRAM]


class SecretField(PasswordField):  # type: ignore[misc]
    """A password or PIN: never shown again, never trimmed."""

    def __init__(self, label: str, validators: Any = (), **kwargs: Any) -> None:
        super().__init__(label, [*validators, Length(max=200, message="At most 200 characters.")], **kwargs)


class ManyField(SelectMultipleField):  # type: ignore[misc]
    """Several choices as ticks."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SignInForm(ActForm):
    name = TextField("Name you sign in with", [required("Type the name you sign in with.")], longest=80)
    password = SecretField("Password", [required("Type your password.")])


class PersonForm(ActForm):
    full_name = TextField("Full name", [required("Type the name as it stands on records.")])
    credentials = TextField("Credentials", longest=40)
    sign_in_name = TextField("Name to sign in with", [required("Type a short name to sign in with.")], longest=40)
    roles = ManyField("Roles", choices=ROLES)

    def chosen(self) -> list[Role]:
        return [Role(value) for value in self.roles.data or ()]


class ChangePersonForm(ActForm):
    roles = ManyField("Roles", choices=ROLES)
    active = BooleanField("Works here")
    reason = TextField("Reason", [required("Say why.")])

    def chosen(self) -> list[Role]:
        return [Role(value) for value in self.roles.data or ()]


class ResetForm(ActForm):
    reason = TextField("Reason", [required("Say why.")])


class PasswordForm(ActForm):
    password = SecretField("Present password", [required("Type your present password.")])
    new_password = SecretField("New password", [required("Type the new password.")])
    again = SecretField("New password again", [required("Type the new password again.")])


class PinForm(ActForm):
    password = SecretField("Present password", [required("Type your present password.")])
    pin = SecretField("PIN, 6 to 12 digits", [required("Type the PIN.")])
