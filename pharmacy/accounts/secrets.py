"""Passwords and PINs: argon2id hashes, and what makes a good one. The library does the cryptography."""

from __future__ import annotations

import itertools
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pharmacy.errors import PharmacyError

_hasher = PasswordHasher()  # argon2id, 64 MiB, the library's present advice
# the hash of "nobody has this password", as the hasher makes them: kept here because making one slows every start
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$qfW1sqZjdDiQD2rYhR2ckA$bTnUvzAQn8UoTlx2bGF5paG4cZUmmqYzr9/DZuXuLJQ"
SHORTEST_PASSWORD, SHORTEST_PIN, LONGEST_PIN = 10, 6, 12
PIN_ERRORS = 5
_WORDS = (
    "amber",
    "basil",
    "cedar",
    "clover",
    "copper",
    "dapple",
    "ember",
    "fennel",
    "garnet",
    "hazel",
    "indigo",
    "juniper",
    "lantern",
    "marble",
    "nutmeg",
    "ochre",
    "pebble",
    "quartz",
    "russet",
    "saffron",
    "thistle",
    "umber",
    "violet",
    "walnut",
    "yarrow",
    "zinnia",
)


def hashed(secret: str) -> str:
    """The argon2id hash of a password or PIN."""
    return _hasher.hash(secret)


def matches(stored: str | None, secret: str) -> bool:
    """Whether the secret is the stored one; without a stored one it takes as long, and does not match."""
    try:
        return _hasher.verify(stored or _NOBODY, secret) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def wants_new_hash(stored: str) -> bool:
    """Whether the hash was made with older parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def check_password(password: str, sign_in_name: str, field: str = "password") -> None:
    """Refuse a password that is too short or is the name; length counts, not signs (NIST SP 800-63B, 5.1.1)."""
    if len(password) < SHORTEST_PASSWORD:
        raise PharmacyError(f"A password has at least {SHORTEST_PASSWORD} characters.", field)
    if len(password) > 200:
        raise PharmacyError("A password has at most 200 characters.", field)
    if _holds(password, sign_in_name) or len(set(password)) < 4:
        raise PharmacyError("This password is too easy to guess.", field)
    if password.isascii() and password.isdigit() and len(password) <= LONGEST_PIN:
        raise PharmacyError("Digits alone would be taken for a PIN: make the password of words.", field)


def _holds(password: str, sign_in_name: str) -> bool:
    """Whether the name stands in the password; one or two letters stand in any."""
    name = sign_in_name.strip().casefold()
    return len(name) >= 3 and name in password.casefold()


def check_pin(pin: str, field: str = "pin") -> None:
    """Refuse a PIN that is not 6 to 12 digits, or that anyone would try first."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST_PIN <= len(pin) <= LONGEST_PIN):
        raise PharmacyError(f"A PIN is {SHORTEST_PIN} to {LONGEST_PIN} digits.", field)
    steps = {int(b) - int(a) for a, b in itertools.pairwise(pin)}
    if len(set(pin)) < 3 or (len(steps) == 1 and steps <= {1, -1}):
        raise PharmacyError("This PIN is too easy to guess.", field)


def random_password(sign_in_name: str = "") -> str:
    """Four words and two digits, such as ``cedar-ember-quartz-umber-47``; never the name of whom it is for (Hazel)."""
    words = [word for word in _WORDS if not _holds(word, sign_in_name)]
    return "-".join([*(secrets.choice(words) for _ in range(4)), f"{secrets.randbelow(90) + 10}"])
