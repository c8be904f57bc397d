"""What is wrong with the rule book, and where."""

from __future__ import annotations


class RuleBookError(Exception):
    """The rule book cannot be used: the sentence names the file, the rule and the field to put right."""

    def __init__(self, file: str, rule: str, field: str, wrong: str) -> None:
        super().__init__(f"{file}, {rule}, field {field}: {wrong}")
        self.file = file
        self.rule = rule
        self.field = field
