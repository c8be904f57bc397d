"""The pharmacist's final check of a fill; never one's own work."""
