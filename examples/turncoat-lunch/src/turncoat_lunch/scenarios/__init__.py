"""Scenarios: a file each."""
