"""Files that come with a case."""
