"""Witness 1: abstract graph construction from source."""

from __future__ import annotations

from bnlint.interp.explore import analyse, load

__all__ = ["analyse", "load"]
