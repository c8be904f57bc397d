"""Everything here looks at the demonstration."""

from tests.demo.told import data, demo, told_once, visit, when_it_is_told

__all__ = ["data", "demo", "told_once", "visit", "when_it_is_told"]
