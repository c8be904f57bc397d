"""Master formulation records, their versions and approval."""
