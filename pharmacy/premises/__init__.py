"""The pharmacy itself: identity, policy, balances."""
