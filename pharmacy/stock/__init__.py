"""Ingredients, lots, movements, quarantine."""
