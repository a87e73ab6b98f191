"""One act on many cases: pick, look at what it touches, start, read what became of each."""
