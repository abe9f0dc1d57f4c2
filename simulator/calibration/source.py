"""What is to be read: tables, a mapping file, the exports of a CRM, or tables whose mapping is guessed."""

from __future__ import annotations

import os
from typing import Any

from simulator.calibration.mapping import Mapping
from simulator.errors import UsageError


def mapping_of(source: Any, mapping: Any) -> Mapping:
    """The mapping that a source and a mapping, as :func:`simulator.calibration.fit.fit` takes them, come to."""
    from simulator.calibration.crm import ready_mapping
    from simulator.calibration.guess import guess_mapping
    from simulator.calibration.mapfile import load_mapping

    if isinstance(source, Mapping):
        return source
    files = [str(source)] if isinstance(source, (str, os.PathLike)) else [str(item) for item in source or ()]
    if isinstance(mapping, Mapping):
        return mapping.with_files(files)
    if mapping is None and len(files) == 1 and files[0].casefold().endswith((".yaml", ".yml", ".json")):
        return load_mapping(files[0])
    if not files and mapping is None:
        raise UsageError("give the tables to read, or a mapping file that names them")
    if mapping is None:
        return guess_mapping(files).mapping
    if str(mapping).casefold() in ("salesforce", "hubspot", "pipedrive"):
        return ready_mapping(str(mapping).casefold(), files)
    return load_mapping(mapping).with_files(files)
