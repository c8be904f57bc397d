"""Hand-over, post, counselling, refills, returns."""
