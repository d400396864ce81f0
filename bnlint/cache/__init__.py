"""Results of earlier runs: kept by the content of what they were made of, never believed.

Entries are JSON: what somebody else put there is data at worst. Whatever is wrong with one, it
counts as absent.
"""
