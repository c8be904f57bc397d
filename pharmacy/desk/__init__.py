"""Pages that span steps: each role's queue, the live preview, search."""
