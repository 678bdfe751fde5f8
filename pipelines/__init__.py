"""Everything that touches files, processes, engines and people."""

import os

# Arrow's own allocator keeps pages for later and copies what grows; the C library's moves it, and gives back what it is
# asked to: figures in engines/speed.md. Arrow reads this when it is loaded, here and in processes started from here.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
