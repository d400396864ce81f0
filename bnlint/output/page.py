"""What the pages share: a frame that needs nothing else, no network and no other file."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from bnlint.printable import printable


def page(title: str, body: Iterable[str]) -> str:
    """A whole page; ``body`` is HTML, of which all that others wrote went through ``safe``."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{''.join(body)}<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def safe(text: str) -> str:
    """What others wrote, as text that is shown and nothing more."""
    return escape(printable(text))


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


# Even a name that slipped through unescaped could load and send nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

_STYLE = """
:root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --weak: #9a6700;
  --line: #8c959f; --soft: #8882; --mark: #cf222e22; --beside: #0969da22; --blue: #0969da; }
@media (prefers-color-scheme: dark) {
  :root { --good: #3fb950; --bad: #f85149; --weak: #d29922; --blue: #58a6ff;
    --mark: #f8514940; --beside: #58a6ff33; } }
body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem; }
h1 { font-size: 1.3rem; overflow-wrap: anywhere; margin-bottom: 0; }
h1 + p { margin-top: .2rem; } * + h1 { margin-top: 3rem; }
h2 { font-size: 1.1rem; margin-top: 1.6rem; }
code, pre { font: 12.5px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
code { overflow-wrap: anywhere; }
a { color: var(--blue); }
.good { color: var(--good); } .bad { color: var(--bad); } .note { font-style: italic; }
.error strong { color: var(--bad); } .warning strong { color: var(--weak); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2rem .9rem .2rem 0;
  border-bottom: 1px solid var(--soft); }
th { position: sticky; top: 0; background: Canvas; white-space: nowrap; }
th button { font: inherit; font-weight: bold; border: 0; background: none; color: inherit;
  padding: 0; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\25B2"; }
th[aria-sort=descending] button::after { content: " \\25BC"; }
td.name { min-width: min(26rem, 30vw); }
:target { outline: 2px solid var(--blue); outline-offset: 1px; }

.op { border: 1px solid var(--soft); border-radius: 6px; margin: 1rem 0; padding: .8rem; }
.op > header, .station { border: 1px solid var(--line); border-radius: 4px; padding: .1rem .5rem; }
.op > header { display: inline-block; border-width: 2px; }
.op.well > header, .moves .station { border-color: var(--good); }
.op.broken > header { border-color: var(--bad); }
.rail { border-left: 2px solid var(--line); margin-left: 1.2rem; padding: .6rem 0 .2rem; }
.scope { margin-bottom: .9rem; }
.scope > h3 { font-size: 1em; font-weight: normal; margin: 0 0 .2rem .8rem; }
.share { display: inline-block; vertical-align: middle; width: 9rem; height: .5rem;
  border-radius: 3px; overflow: hidden; background: var(--bad); margin: 0 .5rem; }
.share i { display: block; height: 100%; background: var(--good); }
.path { display: flex; align-items: center; margin: .25rem 0; }
.wire { flex: 1 1 2rem; min-width: 2rem; border-top: 2px solid var(--good); position: relative; }
.wire::after { content: ""; position: absolute; right: 0; top: -6px; border: 5px solid #0000;
  border-left: 8px solid var(--good); border-right-width: 0; }
.wire.first { flex-grow: .5; }
.wire.unused { border-color: var(--line); } .wire.unused::after { border-left-color: var(--line); }
.wire.cut { border-top: 2px dashed var(--bad); flex-grow: 1; margin-right: 2.2rem; }
.wire.cut::after { content: "\\2715"; font-size: 17px; font-weight: bold; line-height: 1em;
  border: 0; top: -.57em; right: -1.3em; color: var(--bad); }
.idle .wire.cut { border-color: var(--weak); } .idle .wire.cut::after { color: var(--weak); }
.station { flex: 0 1 auto; min-width: 4rem; }
.station small { display: block; opacity: .75; font: 11px/1.3 system-ui, sans-serif; }
.station code { display: block; }
.why { margin: 0 0 .2rem .8rem; color: var(--bad); } .idle .why { color: var(--weak); }
.layers { margin: 0 0 .2rem .8rem; display: grid; gap: .15rem .6rem;
  grid-template-columns: repeat(auto-fill, minmax(var(--wide), 1fr)); }
.layer { border-left: 3px solid var(--line); padding-left: .4rem; color: inherit;
  text-decoration: none; font: 12px/1.5 ui-monospace, "DejaVu Sans Mono", monospace;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.layer.moves { border-color: var(--good); }
.layer.idle { border-color: var(--weak); }
.layer.apart, .layer.unwritten { border-color: var(--bad); }
details > summary { cursor: pointer; margin-left: .8rem; }

.finding { border: 1px solid var(--soft); border-radius: 6px; margin: 1rem 0; padding: .6rem .8rem;
  content-visibility: auto; contain-intrinsic-height: auto 16rem; }
.finding h3 { font-size: 1em; font-weight: normal; margin: 0; }
.finding p { margin: .3rem 0 .5rem; }
.code { border: 1px solid var(--soft); border-radius: 4px; margin: .4rem 0; overflow-x: auto; }
.code > b { display: block; font: 12px/1.8 system-ui, sans-serif; padding: 0 .6rem;
  border-bottom: 1px solid var(--soft); }
.code ol { list-style: none; margin: 0; padding: .2rem 0; width: max-content; min-width: 100%; }
.code li { display: flex; }
.code li > a, .code li > span { flex: none; width: 4rem; text-align: right; padding-right: .9rem;
  color: var(--line); user-select: none; }
.code li code { white-space: pre; overflow-wrap: normal; }
.code li.gap { color: var(--line); }
mark { background: var(--beside); color: inherit; border-bottom: 2px solid var(--blue); }
mark.primary { background: var(--mark); border-color: var(--bad); }
.code em { font: italic 12px/1.7 system-ui, sans-serif; color: var(--blue); margin-left: 1.4rem; }
.code em.primary { color: var(--bad); }
.rule pre { white-space: pre-wrap; margin-left: .8rem; }
"""

_SCRIPT = """
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const key = (row, n) => row.cells[n].dataset.key ?? row.cells[n].textContent;
  heads.forEach((head, n) => head.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = new Intl.Collator(undefined, {numeric: true}).compare;
    const rows = [...body.rows].sort((a, b) => {
      const x = key(a, n), y = key(b, n);
      return "key" in a.cells[n].dataset ? x - y : order(x, y);
    });
    body.append(...(down ? rows.reverse() : rows));
  }));
}
"""
