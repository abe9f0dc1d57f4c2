"""Kernels that are only called by kernels are handed to the compiler once, as a part of whoever calls them.

Numba optimises every function as a library of its own, makes machine code of it, and does both again for each caller
it is linked into: a quarter of the time to compile. Here an inner kernel is simplified function by function, which is
cheap and which the optimiser relies on, and then waits for the kernel that Python calls. The few that hold the loops
in which trials spend their time are optimised on their own first: without that, these loops come out 2% slower.
"""

from __future__ import annotations

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

library: Any = JITCodeLibrary  # its annotations do not know what it is made of


class _Silent:
    """A code generator that is told nothing of environments: they belong to machine code, and there is none."""

    def __init__(self, codegen: Any):
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, env_name: str, env: object) -> None:
        pass


class LinkedLibrary(library):
    """What becomes of an inner kernel: code to link with, not yet optimised as a whole and no machine code."""

    @property
    def codegen(self) -> Any:
        return _Silent(super().codegen)

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        self._ensure_finalized()
        return 0


class OptimisedLibrary(LinkedLibrary):
    """What becomes of an inner kernel with hot loops: it is optimised before it is linked."""

    def _optimize_final_module(self) -> None:
        super(LinkedLibrary, self)._optimize_final_module()


class LinkedCompiler(Compiler):
    """Numba's compiler, for kernels that only other kernels call."""

    made = LinkedLibrary

    def define_pipelines(self) -> Any:
        state = self.state
        if state.library is None:
            state.library = self.made(state.targetctx.codegen(), state.func_id.func_qualname)
            state.library.enable_object_caching()
        return super().define_pipelines()


class OptimisingCompiler(LinkedCompiler):
    """The same, for those with hot loops."""

    made = OptimisedLibrary
