"""The calculators of the bench: every kind of problem as a page, and its worksheet attached to a compounding record."""
