"""One module a format. They print a report and know nothing of how it came about."""
