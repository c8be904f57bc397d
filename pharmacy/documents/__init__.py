"""Bytes kept once under their sha256."""
