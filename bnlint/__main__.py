"""``python -m bnlint``."""

import sys

# Python puts the working directory first: a checked project's ``re.py`` would run in place of
# Python's own. What Python itself imports before this line is beyond our reach, hence ``-P``.
if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    del sys.path[0]

from bnlint.launch import main

sys.exit(main())
