"""Recordings, checkpoints and graphs that were made to hurt: one line, exit code 2, at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from checkpoints import write_bundle
from hostile import NO_FILES, make_no_file

from bnlint.cli import main
from bnlint.graph.errors import GraphError
from bnlint.graph.read import latest_checkpoint, read
