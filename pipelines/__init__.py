"""Everything that touches files, processes, engines and people."""
