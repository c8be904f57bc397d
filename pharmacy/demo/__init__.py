"""The demonstration pharmacy: invented people, made by the services in time order under a simulated clock."""

from pharmacy.demo.story import fill

__all__ = ["fill"]
