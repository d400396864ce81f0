"""From a file on disk to its intermediate representation."""
