"""The arithmetic of the bench: dilution, alligation, strengths, ions, density, reconstitution, and what is counted."""
