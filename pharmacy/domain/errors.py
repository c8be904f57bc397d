"""Why a calculation was not done: each error says in one sentence what is wrong and what to do."""

from __future__ import annotations


class CalculationRefused(ValueError):
    """The calculation cannot be done as asked; the message is one sentence for the person who asked.

    ``field`` names the input that is to be put right, where it is one.
    """

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class Impossible(CalculationRefused):
    """An input is no possible value of its kind: a strength of 0, a negative percentage, an assay of 250 %."""


class PartsDoNotSum(Impossible):
    """The parts of a formula are more than the whole, or leave nothing for what is to fill it up."""


class ClassConflict(CalculationRefused):
    """The class that decides a formula's beyond-use date is not the one that its composition has."""

    def __init__(self, sentence: str, field: str = "bud_class") -> None:
        super().__init__(sentence, field)


class RefusedFiller(CalculationRefused):
    """A filler that low-dose naltrexone is never made with; the message says why."""


class BasisConflict(CalculationRefused):
    """The certificate's figures contradict its basis, or would correct for the same water twice."""


class DoesNotFit(CalculationRefused):
    """The amount does not fit its container: a shell, a balance, a measure or the filler of a formula."""


class CannotBeWeighed(CalculationRefused):
    """No weighing on this balance reaches the accepted error; the message names the smallest mass that does."""


class CannotBeMeasured(CalculationRefused):
    """A volume falls between the marks of its measure or below the smallest that it measures."""


class BalanceLacksData(CalculationRefused):
    """What a calculation must know of the balance is not entered: its readability, or the repeatability for USP <41>."""


class CalibrationExpired(CalculationRefused):
    """The balance's calibration ended before the day on which it is to weigh."""


class DoesNotDissolve(CalculationRefused):
    """More is to be dissolved than the volume can hold in solution; the message names the least volume that does."""


class WrongLot(CalculationRefused):
    """The lot is of another ingredient than the formula asks for, or lacks the certificate that is needed."""


class Expired(CalculationRefused):
    """The lot may no longer be used on the day of compounding."""


class EndsSooner(CalculationRefused):
    """More days are asked for than the directions last."""


class NotInTheRecord(CalculationRefused):
    """A stored calculation lacks a field, has one too many, or holds a value that is none of its kind."""


class NotYetRecorded(CalculationRefused):
    """A result is asked for before a weight or volume that it needs was recorded."""


class ChecksDisagree(CalculationRefused):
    """The second, independent calculation does not lead back to the first; the worksheet must not be used."""
