"""One study per file: chapters call it small, benchmarks/studies whole."""
