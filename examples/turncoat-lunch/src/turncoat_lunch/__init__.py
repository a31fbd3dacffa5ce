"""Two scenarios, an agent and a renderer for Turncoat."""
