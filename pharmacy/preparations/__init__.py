"""Lots made here: worksheet, weighings, checks, release."""
