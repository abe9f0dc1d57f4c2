"""The vector instructions of :mod:`simulator.kernels.lanes`, which says what each of them does.

They are LLVM's own vectors of eight words, which every processor gets in its own width: one instruction each with
AVX-512, two with AVX2, four with NEON. Integer arithmetic wraps around, and the few floating-point operations are done
lane by lane in the order of the plain code, so that results are the same to the last bit.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from simulator.kernels.streams import GAMMA

LANES = 8
LIMITS = 4  # that rows are compared with at a time
ROWS = 4  # of words, without a look at where they end
_PLANES, _SURE_PLANES = 4, 12  # settled between two looks at whether anybody is left; before the first look
_WORD = ir.IntType(64)
_ROW = ir.VectorType(_WORD, LANES)


def _constant(value: int) -> Any:
    return ir.Constant(_ROW, [value] * LANES)


def _splat(builder: Any, value: Any) -> Any:
    one = builder.insert_element(ir.Constant(_ROW, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _place(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """Pointer to the row of an array that begins at an entry."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), ir.PointerType(_ROW))


def _summed(builder: Any, rows: Any, terms: Any, n: int, at_once: int = 1) -> list[Any]:
    """Sums of each of the n numbers of terms(row) for row = 0 … rows − 1, ``at_once`` by ``at_once``."""
    totals = [cgutils.alloca_once_value(builder, _constant(0)) for _ in range(n)]
    with cgutils.for_range_slice(builder, ir.Constant(_WORD, 0), rows, ir.Constant(_WORD, at_once)) as (first, _):
        for j in range(at_once):
            for total, term in zip(totals, terms(builder.add(first, ir.Constant(_WORD, j))), strict=True):
                builder.store(builder.add(builder.load(total), term), total)
    return [builder.load(total) for total in totals]


def _mixed(builder: Any, z: Any) -> Any:
    """streams.mix64 of a row."""
    for shift, times in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        z = builder.xor(z, builder.lshr(z, _constant(shift)))
        z = builder.mul(z, _constant(times)) if times > 1 else z
    return z


def _reduced(builder: Any, name: str, row: Any) -> Any:
    """A row folded into one word by one of LLVM's reductions."""
    kind = ir.FunctionType(_WORD, [_ROW])
    fold = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.{name}.v8i64")
    return builder.call(fold, [row])


def _settle_planes(builder: Any, key: Any, under: Any, still: Any, rest: Any, plane: Any) -> None:
    """Compare the next bit planes of the uniforms below ``key`` with the limits' next bits, ``rest``."""
    below, undecided, left = builder.load(under), builder.load(still), builder.load(rest)
    step = builder.mul(builder.load(plane), ir.Constant(_WORD, int(GAMMA)))
    for j in range(_PLANES):
        named = builder.add(step, ir.Constant(_WORD, j * int(GAMMA) % 2**64))
        bits = _mixed(builder, builder.add(key, _splat(builder, named)))
        ones = builder.ashr(left, _constant(63))  # all ones where the limit has this bit
        below = builder.or_(below, builder.and_(undecided, builder.and_(builder.not_(bits), ones)))
        undecided = builder.and_(undecided, builder.not_(builder.xor(bits, ones)))
        left = builder.shl(left, _constant(1))
    for value, kept in ((below, under), (undecided, still), (left, rest)):
        builder.store(value, kept)
    builder.store(builder.add(builder.load(plane), ir.Constant(_WORD, _PLANES)), plane)


@intrinsic
def share_rows(typing: Any, counts: Any, keys: Any, limits: Any, at: Any, group: Any, converted: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        counts_, keys_, limits_, at_, group_, converted_ = arguments
        none, everyone, one = _constant(0), _constant(2**64 - 1), _constant(1)
        count = builder.load(_place(context, builder, counts, counts_, at_), align=8)
        key = builder.load(_place(context, builder, keys, keys_, at_), align=8)
        limit = builder.load(_place(context, builder, limits, limits_, at_), align=8)
        first = builder.mul(group_, ir.Constant(_WORD, 64))
        lanes = builder.sub(count, _splat(builder, first))
        some = builder.sub(builder.shl(one, lanes), one)
        mask = builder.select(builder.icmp_signed(">=", lanes, _constant(64)), everyone, some)
        mask = builder.select(builder.icmp_signed(">", lanes, none), mask, none)
        certain, never = builder.icmp_unsigned("==", limit, everyone), builder.icmp_unsigned("==", limit, none)
        under = cgutils.alloca_once_value(builder, builder.select(certain, mask, none))
        still = cgutils.alloca_once_value(builder, builder.select(builder.or_(certain, never), none, mask))
        rest = cgutils.alloca_once_value(builder, limit)
        plane = cgutils.alloca_once_value(builder, ir.Constant(_WORD, 0))
        key = builder.add(key, _splat(builder, builder.mul(first, ir.Constant(_WORD, int(GAMMA)))))
        state = under, still, rest, plane
        for _ in range(_SURE_PLANES // _PLANES):
            _settle_planes(builder, key, *state)
        asked, planes, done = (builder.append_basic_block(name) for name in ("asked", "planes", "done"))
        builder.branch(asked)
        builder.position_at_end(asked)
        open_ = builder.icmp_unsigned("!=", _reduced(builder, "or", builder.load(still)), ir.Constant(_WORD, 0))
        more = builder.icmp_unsigned("<", builder.load(plane), ir.Constant(_WORD, 64))
        builder.cbranch(builder.and_(open_, more), planes, done)
        builder.position_at_end(planes)
        _settle_planes(builder, key, *state)
        builder.branch(asked)
        builder.position_at_end(done)
        count_ones = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_ROW, [_ROW]), "llvm.ctpop.v8i64")
        place = _place(context, builder, converted, converted_, at_)
        found = builder.call(count_ones, [builder.load(under)])
        builder.store(builder.add(builder.load(place, align=8), found), place, align=8)
        return context.get_dummy_value()

    return types.void(counts, keys, limits, types.int64, types.int64, converted), generate


@intrinsic
def halve_rows(typing: Any, table: Any, words: Any, first: Any, left: Any, at: Any, found: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table_, words_, first_, left_, at_, found_ = arguments
        entries = context.make_array(table)(context, builder, table_).data
        reals = ir.VectorType(ir.DoubleType(), LANES)

        def real(value: float) -> Any:
            return ir.Constant(reals, [value] * LANES)

        bits = builder.load(_place(context, builder, words, words_, at_), align=8)
        u = builder.uitofp(builder.lshr(bits, _constant(12)), reals)
        u = builder.fmul(builder.fadd(u, real(0.5)), real(2.220446049250313e-16))
        place = cgutils.alloca_once_value(builder, builder.load(_place(context, builder, first, first_, at_), align=8))
        n = cgutils.alloca_once_value(builder, builder.load(_place(context, builder, left, left_, at_), align=8))
        asked, halved, done = (builder.append_basic_block(name) for name in ("asked", "halved", "done"))
        builder.branch(asked)
        builder.position_at_end(asked)
        most = _reduced(builder, "smax", builder.load(n))
        builder.cbranch(builder.icmp_signed(">", most, ir.Constant(_WORD, 1)), halved, done)
        builder.position_at_end(halved)
        k, some = builder.load(place), builder.load(n)
        half = builder.ashr(some, _constant(1))
        before = builder.select(builder.icmp_signed(">", half, _constant(0)), builder.sub(half, _constant(1)), half)
        where = builder.add(k, before)
        there: Any = ir.Constant(reals, ir.Undefined)
        for lane in range(LANES):
            lane_ = ir.Constant(ir.IntType(32), lane)
            entry = builder.load(builder.gep(entries, [builder.extract_element(where, lane_)]))
            there = builder.insert_element(there, entry, lane_)
        further = builder.select(builder.fcmp_ordered("<=", there, u), half, _constant(0))
        builder.store(builder.add(k, further), place)
        builder.store(builder.sub(some, half), n)
        builder.branch(asked)
        builder.position_at_end(done)
        builder.store(builder.load(place), _place(context, builder, found, found_, at_), align=8)
        return context.get_dummy_value()

    return types.void(table, words, first, left, types.int64, found), generate


@intrinsic
def put_row(typing: Any, into: Any, at: Any, first: Any, step: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        into_, at_, first_, step_ = arguments
        steps = builder.mul(_splat(builder, step_), ir.Constant(_ROW, list(range(LANES))))
        row = builder.add(_splat(builder, first_), steps)
        builder.store(row, _place(context, builder, into, into_, at_), align=8)
        return context.get_dummy_value()

    return types.void(into, types.int64, into.dtype, into.dtype), generate


@intrinsic
def mix_rows(typing: Any, keys: Any, step: Any, count: Any, into: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        keys_, step_, count_, into_ = arguments
        more = _splat(builder, step_)
        rows = builder.ashr(builder.add(count_, ir.Constant(_WORD, LANES - 1)), ir.Constant(_WORD, 3))
        with cgutils.for_range(builder, rows) as loop:
            at = builder.mul(loop.index, ir.Constant(_WORD, LANES))
            key = builder.load(_place(context, builder, keys, keys_, at), align=8)
            found = _mixed(builder, builder.add(key, more))
            builder.store(found, _place(context, builder, into, into_, at), align=8)
        return context.get_dummy_value()

    return types.void(keys, types.uint64, types.int64, into), generate


@intrinsic
def name_rows(typing: Any, keys: Any, counts: Any, at: Any, rows: Any, words: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        keys_, counts_, at_, rows_, words_ = arguments
        key = builder.load(_place(context, builder, keys, keys_, at_), align=8)
        count = builder.load(_place(context, builder, counts, counts_, at_), align=8)
        step, nobody = ir.Constant(_WORD, int(GAMMA)), _constant(2**64 - 1)
        with cgutils.for_range_slice(builder, ir.Constant(_WORD, 0), rows_, ir.Constant(_WORD, ROWS)) as (first, _):
            for j in range(ROWS):
                row = builder.add(first, ir.Constant(_WORD, j))
                found = _mixed(builder, builder.add(key, _splat(builder, builder.mul(row, step))))
                here = builder.icmp_signed("<", _splat(builder, row), count)
                place = _place(context, builder, words, words_, builder.mul(row, ir.Constant(_WORD, LANES)))
                builder.store(builder.select(here, found, nobody), place, align=8)
        return context.get_dummy_value()

    return types.void(keys, counts, types.int64, types.int64, words), generate


@intrinsic
def most_in_row(typing: Any, numbers: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers_, at_ = arguments
        return _reduced(builder, "smax", builder.load(_place(context, builder, numbers, numbers_, at_), align=8))

    return types.int64(numbers, types.int64), generate


@intrinsic
def rows_differ(typing: Any, one: Any, at: Any, other: Any, to: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        one_, at_, other_, to_ = arguments
        left = builder.load(_place(context, builder, one, one_, at_), align=8)
        right = builder.load(_place(context, builder, other, other_, to_), align=8)
        return builder.icmp_unsigned("!=", _reduced(builder, "or", builder.xor(left, right)), ir.Constant(_WORD, 0))

    return types.boolean(one, types.int64, other, types.int64), generate


@intrinsic
def count_below(
    typing: Any, words: Any, rows: Any, limits: Any, i: Any, k: Any, into: Any, at: Any, stride: Any
) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        words_, rows_, limits_, i_, k_, into_, at_, stride_ = arguments
        table = context.make_array(limits)(context, builder, limits_)
        width = cgutils.unpack_tuple(builder, table.shape)[1]
        first = builder.gep(table.data, [builder.add(builder.mul(i_, width), k_)])
        below = [_splat(builder, builder.load(builder.gep(first, [ir.Constant(_WORD, j)]))) for j in range(LIMITS)]

        def terms(row: Any) -> list[Any]:
            here = _place(context, builder, words, words_, builder.mul(row, ir.Constant(_WORD, LANES)))
            row_ = builder.load(here, align=8)
            return [builder.zext(builder.icmp_unsigned("<", row_, limit), _ROW) for limit in below]

        for j, found in enumerate(_summed(builder, rows_, terms, LIMITS, ROWS)):
            to = builder.add(at_, builder.mul(stride_, ir.Constant(_WORD, j)))
            builder.store(found, _place(context, builder, into, into_, to), align=8)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(words, whole, limits, whole, whole, into, whole, whole), generate


@intrinsic
def add_rows(typing: Any, numbers: Any, at: Any, rows: Any, stride: Any, into: Any, to: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, at_, rows_, stride_, target, to_ = arguments

        def terms(row: Any) -> list[Any]:
            here = _place(context, builder, numbers, source, builder.add(at_, builder.mul(row, stride_)))
            return [builder.load(here, align=8)]

        (found,) = _summed(builder, rows_, terms, 1)
        builder.store(found, _place(context, builder, into, target, to_), align=8)
        return context.get_dummy_value()

    return types.void(numbers, types.int64, types.int64, types.int64, into, types.int64), generate
