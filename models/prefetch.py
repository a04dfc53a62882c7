"""Tell the processor what will be read soon, so that a table larger than its caches is not waited for."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_LINE_BYTES = 64
# llvm.prefetch's arguments (LLVM language reference).
_FOR_READING, _KEEP_IN_ALL_CACHES, _IS_DATA = 0, 3, 1


def _prefetch_row(typingctx: Any, array: Any, row: Any) -> Any:  # noqa: ARG001 - Numba's signature
    """Fetch the cache line where a row (uint64) of a C-contiguous array begins, and the next one.

    Changes no result, and may point past the array's end: what cannot be fetched is not.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        layout = signature.args[0]
        view = context.make_array(layout)(context, builder, arguments[0])
        strides = cgutils.unpack_tuple(builder, view.strides, layout.ndim)  # type: ignore[no-untyped-call]
        byte, number, step = ir.IntType(8).as_pointer(), ir.IntType(32), ir.IntType(64)
        first = builder.gep(builder.bitcast(view.data, byte), [builder.mul(arguments[1], strides[0])])
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, kind, "llvm.prefetch.p0i8"
        )
        for line in (first, builder.gep(first, [step(_LINE_BYTES)])):
            builder.call(function, [line, *(number(flag) for flag in (_FOR_READING, _KEEP_IN_ALL_CACHES, _IS_DATA))])
        return context.get_dummy_value()

    return types.void(array, types.uint64), generate


#: ``prefetch_row(array, row)``; Numba's type asks for an argument that no caller gives.
prefetch_row: Any = intrinsic(_prefetch_row)
