"""Containers, labels, serials: from a fill to issued bytes."""
