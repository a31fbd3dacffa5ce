"""Agents: a module each."""
