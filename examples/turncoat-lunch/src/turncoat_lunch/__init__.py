"""Two scenarios and an agent for Turncoat."""
