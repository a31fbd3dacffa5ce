"""Renderers: a module each."""
