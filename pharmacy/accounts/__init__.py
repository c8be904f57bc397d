"""People, roles, sign-in and signing."""
