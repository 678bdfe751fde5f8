"""What is known of an article beyond its body."""

from cleaning.metadata.reading import Metadata, read_metadata

__all__ = ["Metadata", "read_metadata"]
