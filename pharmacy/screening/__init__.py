"""Findings about a fill, and the decisions on them."""
