"""How good an agent is, and what it does instead: episodes, exact chances, intervals."""
