"""The one door for writes: what may be done, by whom, and the record of what was done."""
