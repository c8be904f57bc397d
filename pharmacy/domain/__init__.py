"""The pure core: exact arithmetic, workflow and words. It imports nothing but the standard library."""
