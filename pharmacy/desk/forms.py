"""Forms of pages that span steps."""

from __future__ import annotations

from pharmacy.accounts.forms import SecretField
from pharmacy.forms import ActForm, TextField, required


class FindForm(ActForm):
    q = TextField("Find", longest=200)


class SetUpForm(ActForm):
    code = TextField(
        "One-time code from the console", [required("Type the code that the console printed.")], longest=20
    )
    name = TextField("Name of the pharmacy", [required()])
    street = TextField("Street", [required()])
    town = TextField("Town, state, ZIP code", [required()])
    phone = TextField("Telephone", [required()], longest=40)
    licence = TextField("Pharmacy licence", [required()], longest=60)
    full_name = TextField("Your full name", [required()])
    credentials = TextField("Credentials", longest=40)
    sign_in_name = TextField("Name to sign in with", [required()], longest=40)
    password = SecretField("Password", [required()])
    again = SecretField("Password again", [required()])
