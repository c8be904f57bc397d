"""Named errors, each with one sentence that a person at the counter can act on."""

from __future__ import annotations


class PharmacyError(Exception):
    """What was asked for cannot be done; ``field`` names the form field where the sentence belongs."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class NotFound(PharmacyError):
    """There is no such thing."""


class NotReady(PharmacyError):
    """Something must be done first; the sentence says what."""


class Mismatch(PharmacyError):
    """Two facts do not agree; the sentence names both."""


class ConfigurationError(Exception):
    """The program cannot start like this; the sentence says what to set."""
