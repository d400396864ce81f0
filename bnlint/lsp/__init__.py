"""The language server: what ``bnlint check`` says, in an editor, of text that is not saved yet."""
