"""Edits that repair what was found: proposed from a finding, then checked again before use."""
