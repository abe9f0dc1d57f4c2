"""A kernel that another calls by its address, so that each is compiled for itself: at the same time, by two processes.

Numba makes one piece of machine code of a kernel and all that it calls, on one processor. What is called once per trial
need not be part of that piece: here it is machine code of its own, kept on disk like any kernel, and its address is an
argument of the one that calls it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numba
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic

config: Any = numba.config  # its annotations do not know that its settings are attributes


class Apart:
    """A kernel compiled for itself.

    Parameters
    ----------
    compiled : its Numba function in a form, by the name of the form; it needs no bridges from Python or C.
    returns : the type of what it returns.
    """

    def __init__(self, compiled: Callable[[str], Any], returns: Any = types.int64):
        self.compiled, self.returns = compiled, returns
        self._asked: set[tuple[Any, ...]] = set()

    def expect(self, kinds: tuple[Any, ...]) -> None:
        """Let kernels be compiled that call it with arguments of these types: who runs them asks for its address."""
        self._asked.add(kinds)

    def compile(self, form: str, kinds: tuple[Any, ...]) -> Any:
        """Compile it for arguments of these types, or load it from the disk."""
        self.expect(kinds)
        kernel = self.compiled(form)
        kernel.compile(kinds)
        return kernel.overloads[kinds]

    def address(self, form: str, kinds: tuple[Any, ...]) -> int:
        """Where its machine code for arguments of these types is."""
        if config.DISABLE_JIT:
            return 0
        made = self.compile(form, kinds)
        found: int = made.library.get_pointer_to_function(made.fndesc.llvm_func_name)
        return found

    def by_address(self, function: Callable[..., Any]) -> Any:
        """What kernels call instead, the address before the arguments; the function says how, and is interpreted."""
        if config.DISABLE_JIT:
            return function

        def define(typing_context: Any, address: Any, *given: Any) -> tuple[Any, Any]:
            return self._called(address, given)

        names = ("typing_context", *inspect.signature(function).parameters)
        either = inspect.Parameter.POSITIONAL_OR_KEYWORD
        define.__signature__ = inspect.Signature([inspect.Parameter(name, either) for name in names])  # type: ignore[attr-defined]
        define.__name__ = define.__qualname__ = function.__name__
        define.__doc__ = function.__doc__
        return intrinsic(define)

    def _called(self, address: Any, given: tuple[Any, ...]) -> tuple[Any, Any]:
        """The signature of a call, and how it is written."""
        kinds = tuple(types.unliteral(kind) for kind in given)
        if kinds not in self._asked:  # the address that comes would be that of another
            raise TypingError("a kernel is called by its address with arguments for which nobody compiled it")

        def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            where, *arguments = values
            cast = [context.cast(builder, *one) for one in zip(arguments, signature.args[1:], kinds, strict=True)]
            code = context.call_conv.get_function_type(self.returns, kinds)
            status, result = context.call_conv.call_function(
                builder, builder.inttoptr(where, code.as_pointer()), self.returns, kinds, cast
            )
            with cgutils.if_unlikely(builder, status.is_error):
                context.call_conv.return_status_propagate(builder, status)
            return result

        return self.returns(address, *given), write


def kinds_of(*arguments: object) -> tuple[Any, ...]:
    """The types of arguments, as the compiler names them."""
    return tuple(numba.typeof(argument) for argument in arguments)
