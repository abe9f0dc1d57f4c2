"""The CSV files a scenario names: open deals, leads in flight, real values to draw from."""

from __future__ import annotations

from typing import Any


class Tables:
    """Reads the CSV files of a scenario."""

    def locate(self, node: Any) -> str:
        import os

        return os.path.join(node.place.folder, node.value)

    def sample(self, file: Any, column: Any, path: str, form: Any, reading: Any) -> Any:
        import csv

        with open(self.locate(file), newline="", encoding="utf-8-sig") as f:
            return tuple(float(row[column.value]) for row in csv.DictReader(f))

    def rows(self, node: Any) -> list[dict[str, str]]:
        import csv

        with open(self.locate(node), newline="", encoding="utf-8-sig") as f:
            return list(csv.DictReader(f))
