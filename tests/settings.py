"""The keys of ``[tool.bnlint]``: what each holds and means. The reference is written from this."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """A key. ``absent`` is what holds without it, ``option`` what stands for it on the command
    line, ``example`` the lines of TOML that show it."""

    key: str
    holds: str
    absent: str
    option: str | None
    meaning: str
    example: str


SETTINGS = (
    Setting(
        "select",
        "list of rules",
        "all rules",
        "--select",
        "Report these only. A rule is its code, its name, or the beginning of codes: `BN2`.",
        'select = ["BN1", "BN2", "averages-moved-in-evaluation"]',
    ),
    Setting(
        "ignore",
        "list of rules",
        "none",
        "--ignore",
        "Do not report these, even if selected.",
        'ignore = ["BN103"]',
    ),
    Setting(
        "exclude",
        "list of patterns",
        "none",
        "--exclude",
        "Leave out what matches, beside what `.gitignore` files leave out. A pattern is a line of "
        "a `.gitignore` beside the configuration; the option adds to the key.",
        'exclude = ["third_party/"]',
    ),
    Setting(
        "pedantic",
        "true or false",
        "false",
        "--pedantic",
        "Also report what is possible and not certain, and remarks on the analysis.",
        "pedantic = false",
    ),
    Setting(
        "baseline",
        "path of a file",
        "none",
        "--baseline",
        "Report only what is not in this baseline ([old-code.md](old-code.md)). The path is "
        "relative to the configuration.",
        'baseline = "bnlint-baseline.json"',
    ),
    Setting(
        "per-file-ignores",
        "table of patterns, each with a list of rules",
        "none",
        None,
        "Do not report these rules in files that match; with `!` before the pattern, in all "
        "others. It is about where a finding is reported, not about the other places that it "
        "shows. An entry that silences nothing is a finding itself (BN901) where the whole "
        "project is checked.",
        '[tool.bnlint.per-file-ignores]\n"tests/" = ["BN102", "missing-training-flag"]',
    ),
    Setting(
        "api",
        "array of tables",
        "none",
        None,
        "Layers and train ops of libraries that bnlint does not know "
        "([own-libraries.md](own-libraries.md)).",
        '[[tool.bnlint.api]]\nname = "lab.layers.batch_norm"\nflag = "is_training"',
    ),
)
