"""Kernels that are only called by kernels are handed to the compiler once, as a part of whoever calls them.

Numba optimises every function as a library of its own, makes machine code of it, and does both again for each caller
it is linked into: a quarter of the time to compile. Here an inner kernel is simplified function by function, which is
cheap and which the optimiser relies on, and then waits for the kernel that Python calls.
"""

from __future__ import annotations

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler, Flags
from numba.core.compiler_machinery import PassManager
from numba.core.typed_passes import NopythonRewrites
from numba.core.untyped_passes import InlineClosureLikes

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


class PlainFlags(Flags):
    """Options of the compiler that are told apart by what was set.

    Numba looks up every operation by what it is and by the options of the moment, and spells all forty out each time
    that it compares them: a tenth of its time.
    """

    __slots__ = ()

    def __hash__(self) -> int:
        return hash(tuple(self._values))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlainFlags) and self._values == other._values


class KernelCompiler(Compiler):
    """Numba's compiler, for kernels that Python calls.

    Without two passes that look through all of a kernel for what none of ours has: functions within functions (list
    comprehensions are that too), and arithmetic on whole arrays.
    """

    def __init__(self, *arguments: Any, **others: Any):
        super().__init__(*arguments, **others)
        self.state.flags = PlainFlags(self.state.flags)

    def define_pipelines(self) -> Any:
        kept = []
        for pipeline in super().define_pipelines():
            manager = PassManager(pipeline.pipeline_name)
            for made, description in pipeline.passes:
                if made not in (InlineClosureLikes, NopythonRewrites):
                    manager.add_pass(made, description)
            manager.finalize()
            kept.append(manager)
        return kept


class LinkedCompiler(KernelCompiler):
    """The same, for kernels that only other kernels call."""

    def define_pipelines(self) -> Any:
        state = self.state
        if state.library is None:
            state.library = LinkedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
            state.library.enable_object_caching()
        return super().define_pipelines()
