"""Lowering: from a libcst tree to the IR, with positions, in one walk.

The walk passes every token of the file in source order and counts them (``_at`` is the index of
the next one); the lexer knows where the n-th token lies. That makes positions nearly free, at the
price of a rule for everybody who changes a method here: it must advance ``_at`` over exactly the
tokens of its node, in their order.
"""

from __future__ import annotations

import warnings

from bnlint.source import ir
from bnlint.source.errors import SourceError
from bnlint.source.lower.statements import Statements
from bnlint.source.parse import parse


def lower(text: str, path: str) -> ir.Module:
    """The IR of the Python 3 source ``text``; ``path`` is for messages only.

    Raises ``SourceError`` if the text does not parse or is nested too deeply.
    """
    text = text.removeprefix("\ufeff")
    tree, tokens = parse(text, path)
    walk = Statements(text, tokens)
    try:
        with warnings.catch_warnings():
            # Evaluating a string literal warns of escapes such as "\d"; they are not our subject.
            warnings.simplefilter("ignore")
            return walk.module(tree)
    except RecursionError:
        line = walk.line()
        raise SourceError(path, line, "nested too deeply to analyse; split this code up") from None
    except (IndexError, AttributeError, KeyError, TypeError, ValueError) as error:
        detail = f"cannot be analysed (internal error: {type(error).__name__})"
        raise SourceError(path, walk.line(), f"{detail}; please report it") from error
