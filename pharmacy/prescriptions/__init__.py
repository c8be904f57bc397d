"""The order and its original, intake, clinical review, amendments."""
