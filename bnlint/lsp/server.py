"""The protocol: diagnostics on open, change and save, hovers, and code actions from the fixes."""

from __future__ import annotations

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from bnlint.finding import Edit, Finding, Location
from bnlint.lsp.analysis import Analysis, page

_PAUSE = 0.3  # seconds without a change before the text is looked at
_KINDS = (".py", ".pyw")
_log = logging.getLogger(__name__)


class Server(LanguageServer):
    """Holds the last analysis; all analyses are made one after the other in one thread."""

    def __init__(self) -> None:
        super().__init__("bnlint", "1", text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._wanted = 0
        self._complaint: str | None = None
        self.analysis: Analysis | None = None

    async def look(self, pause: float = 0.0) -> None:
        """Analyse all open texts, unless a later change wants the same; then tell the editor."""
        self._wanted += 1
        number = self._wanted
        await asyncio.sleep(pause)
        if number != self._wanted:
            return
        documents = {
            path: document.source
            for uri, document in self.workspace.text_documents.items()
            if (path := _path(uri)) is not None
        }
        run = asyncio.get_running_loop().run_in_executor
        try:
            analysis = await run(self._worker, Analysis, documents)
        except Exception:
            _log.exception("the open files could not be analysed")
            return
        if number != self._wanted:
            return
        self.analysis = analysis
        if analysis.complaint != self._complaint and analysis.complaint is not None:
            self._say(analysis.complaint)
        self._complaint = analysis.complaint
        for where, error in analysis.crashes:
            _log.error("internal error at %s: %r", where, error)
        for uri, document in self.workspace.text_documents.items():
            path = _path(uri)
            if path is not None:
                self.text_document_publish_diagnostics(
                    types.PublishDiagnosticsParams(
                        uri, self._diagnostics(analysis, path), document.version
                    )
                )

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """The fixes of what is found in a range."""
        path, analysis = _path(params.text_document.uri), self.analysis
        if path is None or analysis is None:
            return []
        out = []
        for finding in analysis.about(path):
            diagnostic = self._diagnostic(analysis, finding)
            if not _overlap(diagnostic.range, params.range):
                continue
            run = asyncio.get_running_loop().run_in_executor
            fixed = await run(self._worker, partial(analysis.fixed, finding))
            if analysis is not self.analysis:
                return []  # the text has changed since
            if fixed.fix is None:
                continue
            changes: dict[str, list[types.TextEdit]] = {}
            for edit in fixed.fix.edits:
                uri = _uri(edit.location.path, params.text_document.uri)
                changes.setdefault(uri, []).append(_edit(edit))
            level = "" if fixed.fix.level == "safe" else f" ({fixed.fix.level}: {fixed.fix.why})"
            out.append(
                types.CodeAction(
                    title=f"{finding.rule.code}: {fixed.fix.description}{level}",
                    kind=types.CodeActionKind.QuickFix,
                    diagnostics=[diagnostic],
                    is_preferred=fixed.fix.level == "safe",
                    edit=types.WorkspaceEdit(changes=changes),
                )
            )
        return out

    def hover(self, params: types.HoverParams) -> types.Hover | None:
        """The pages of the rules that found something at a position."""
        path = _path(params.text_document.uri)
        if path is None or self.analysis is None:
            return None
        here = types.Range(params.position, params.position)
        found = [
            finding
            for finding in self.analysis.about(path)
            if _overlap(self._diagnostic(self.analysis, finding).range, here)
        ]
        texts = [page(code) for code in dict.fromkeys(f.rule.code for f in found)]
        shown = [text for text in texts if text is not None]
        if not shown:
            return None
        return types.Hover(
            types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(shown))
        )

    def _diagnostics(self, analysis: Analysis, path: str) -> list[types.Diagnostic]:
        out = [self._diagnostic(analysis, finding) for finding in analysis.about(path)]
        for problem in analysis.problems:
            if os.path.abspath(problem.path) == path:
                start = types.Position(max(problem.line - 1, 0), 0)
                out.append(
                    types.Diagnostic(
                        types.Range(start, types.Position(start.line + 1, 0)),
                        problem.message,
                        severity=types.DiagnosticSeverity.Error,
                        code="BN900",
                        source="bnlint",
                    )
                )
        return out

    def _diagnostic(self, analysis: Analysis, finding: Finding) -> types.Diagnostic:
        severity = types.DiagnosticSeverity.Error
        if finding.rule.severity == "warning":
            severity = types.DiagnosticSeverity.Warning
        message = finding.message
        if finding.confidence == "possible":
            severity = types.DiagnosticSeverity.Information
            message += f" (possible: {finding.reason})"
        return types.Diagnostic(
            self._range(analysis, finding.location),
            message,
            severity=severity,
            code=finding.rule.code,
            source="bnlint",
            related_information=[
                types.DiagnosticRelatedInformation(
                    types.Location(
                        uris.from_fs_path(os.path.abspath(related.location.path)) or "",
                        self._range(analysis, related.location),
                    ),
                    related.message,
                )
                for related in finding.related
            ],
        )

    def _range(self, analysis: Analysis, place: Location) -> types.Range:
        """A place in the units that were agreed on with the editor."""
        lines = analysis.lines(os.path.abspath(place.path))
        return self.workspace.position_codec.range_to_client_units(
            lines,
            types.Range(
                types.Position(place.line - 1, place.column - 1),
                types.Position(place.end_line - 1, place.end_column - 1),
            ),
        )

    def _say(self, message: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, message))


def _path(uri: str) -> str | None:
    """The file of a document that is checked."""
    path = uris.to_fs_path(uri) if uri.startswith("file:") else None
    return os.path.abspath(path) if path is not None and path.endswith(_KINDS) else None


def _uri(path: str, asked: str) -> str:
    """The URI of a file, spelt as the editor spells it where it is the one that was asked about."""
    path = os.path.abspath(path)
    return asked if _path(asked) == path else uris.from_fs_path(path) or ""


def _edit(edit: Edit) -> types.TextEdit:
    # Edits are of whole lines, so there are no units to convert.
    place = edit.location
    return types.TextEdit(
        types.Range(
            types.Position(place.line - 1, 0),
            types.Position(place.end_line - 1, 0),
        ),
        edit.text,
    )


def _overlap(one: types.Range, other: types.Range) -> bool:
    def key(position: types.Position) -> tuple[int, int]:
        return position.line, position.character

    return key(one.start) <= key(other.end) and key(other.start) <= key(one.end)


def make() -> Server:
    """A server that answers; ``start_io`` runs it."""
    server = Server()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(_params: types.DidOpenTextDocumentParams) -> None:
        await server.look()

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(_params: types.DidChangeTextDocumentParams) -> None:
        await server.look(_PAUSE)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(_params: types.DidSaveTextDocumentParams) -> None:
        await server.look()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(params.text_document.uri, [])
        )
        await server.look(_PAUSE)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        return server.hover(params)

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await server.actions(params)

    return server
