"""Patients, prescribers, and the medicines that patients take."""
