"""The daily dose of low-dose naltrexone, as a word on a worksheet: the rule book stops a prescription, a calculation only says it.

The band and what lies outside it: low-dose naltrexone fact sheet, Ontario (2022), and the rules of ``daily_dose.toml``, whose
bounds these are.
"""

from __future__ import annotations

from pharmacy.domain.quantity import Mass

LEAST = Mass.of("0.5", "mg")
MOST = Mass.of("4.5", "mg")
TEN_FOLD = Mass.of(10, "mg")
OTHER_THERAPY = Mass.of(50, "mg")


def dose_note(dose: Mass) -> str:
    """What a daily dose outside the band says of itself; empty inside it."""
    band = f"{LEAST.text('mg')} to {MOST.text('mg')} a day"
    if dose >= OTHER_THERAPY:
        return f"from {OTHER_THERAPY.text('mg')} a day on this is standard-dose therapy, not low-dose naltrexone"
    if dose >= TEN_FOLD:
        return f"presumed to be a ten-fold error: low-dose naltrexone is {band}; correct it with the prescriber"
    if dose > MOST:
        return f"above the usual {band}"
    return f"below the usual {band}" if dose < LEAST else ""
