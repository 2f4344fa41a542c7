"""What reading cost: told by the process that did it, as its last line."""

from __future__ import annotations

import json
import sys
import time

from bench.timing import peak_mb


class Told:
    """Counts from its making on, which is when all imports are done."""

    def __init__(self) -> None:
        """Begin to count; the imports are counted apart."""
        self.rows = 0
        self.pages = 0
        self._imports_s = time.process_time()
        self._begun_s = time.perf_counter()

    def tell(self, **more: float) -> None:
        """Print what it cost."""
        document = {
            "cpu_s": time.process_time() - self._imports_s,
            "wall_s": time.perf_counter() - self._begun_s,
            "imports_s": self._imports_s,
            "peak_mb": peak_mb(),
            "rows": self.rows,
            "pages": self.pages,
            **more,
        }
        sys.stdout.write(json.dumps(document) + "\n")
