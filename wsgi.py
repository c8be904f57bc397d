"""The application that a server imports."""

from pharmacy.app import create_app

app = create_app()
