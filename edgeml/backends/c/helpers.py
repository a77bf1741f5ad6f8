"""C functions that the layers of a program share: sums of products, and casts whose types vary by element.

Each is written once per combination of types, and only if a layer needs it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from edgeml.backends.c.integers import INT32, CType
from edgeml.fixed import Overflow, Round

_WORD = re.compile(r"\bedgeml_\w+")

_ROUNDING = """\
/* x / 2^drop, rounded as {mode} does it; any x, 0 <= drop <= 64. */
static int64_t {name}(int64_t x, int32_t drop)
{{
    if (drop == 0) {{
        return x;
    }}
    if (drop > 63) {{
        return {far};
    }}
    const int64_t whole = x >> drop;
{up}
}}"""

_UP_TEXT = """\
    const uint64_t rest = (uint64_t)x & (((uint64_t)1 << drop) - 1);
    const uint64_t half = (uint64_t)1 << (drop - 1);
    return whole + ({test} ? 1 : 0);"""

_UP = {
    Round.TRN_ZERO: "x < 0 && rest > 0 && half > 0",
    Round.RND: "rest >= half",
    Round.RND_ZERO: "rest > half || (rest == half && x < 0)",
    Round.RND_INF: "rest > half || (rest == half && x >= 0)",
    Round.RND_MIN_INF: "rest > half",
    Round.RND_CONV: "rest > half || (rest == half && (whole & 1) != 0)",
}

_CAST = """\
/* x / 2^drop, rounded as {rounding} and brought to lo..hi as {overflow} does it; drop < 0 raises. */
static int64_t {name}(int64_t x, int32_t drop, int64_t lo, int64_t hi)
{{
    const int32_t grow = drop < 0 ? -drop : 0;
    const int64_t whole = drop > 0 ? {rounded}(x, drop) : x;
{body}
}}"""

_FIT = {
    Overflow.SAT: """\
    const int64_t least = -(-lo >> grow), most = hi >> grow;
    if (whole < least) {
        return lo;
    }
    if (whole > most) {
        return hi;
    }
    return grow < 63 ? whole * ((int64_t)1 << grow) : 0;""",
    Overflow.SAT_ZERO: """\
    const int64_t least = -(-lo >> grow), most = hi >> grow;
    return whole < least || whole > most || grow > 62 ? 0 : whole * ((int64_t)1 << grow);""",
    Overflow.WRAP: """\
    const uint64_t mask = (uint64_t)hi - (uint64_t)lo;
    const uint64_t low = grow < 64 ? ((uint64_t)whole << grow) & mask : 0;
    return low > (uint64_t)hi ? (int64_t)low - (int64_t)mask - 1 : (int64_t)low;""",
}

_DOT = """\
/* The sum of n products; the layers state the bound that keeps it within {acc}. */
static inline {acc} {name}(const {x} *x, const {w} *w, int32_t n)
{{
    {acc} sum = 0;
{loop}
        sum += ({acc})x[i] * ({acc})w[i];
    }}
    return sum;
}}"""

_ONE_LOOP = "    for (int32_t i = 0; i < n; ++i) {"

_TWO_LOOPS = """\
    int32_t i = 0;
    for (; i + 4 <= n; i += 4) {{
{products}
    }}
    for (; i < n; ++i) {{"""

_DOT_WITH_DSP = """\
#ifdef EDGEML_USE_DSP
/* The same sum, four products with two instructions of the DSP extension. */
static inline int32_t {name}(const {x} *x, const {w} *w, int32_t n)
{{
    int32_t sum = 0;
    int32_t i = 0;
    for (; i + 4 <= n; i += 4) {{
        uint32_t a, b;
        edgeml_copy(&a, x + i, 4);
        edgeml_copy(&b, w + i, 4);
        sum = __smlad({extend_x}a), {extend_w}b), sum);
        sum = __smlad({extend_x}(a >> 8 | a << 24)), {extend_w}(b >> 8 | b << 24)), sum);
    }}
    for (; i < n; ++i) {{
        sum += (int32_t)x[i] * (int32_t)w[i];
    }}
    return sum;
}}
#else
{plain}
#endif"""

_EXTEND = {"i8": "__sxtb16((int32_t)", "u8": "(int32_t)__uxtb16("}
"""Begin the extension of two bytes of a word to halves of a word, by the bytes' type."""

_PACKED = """\
/* The sum of n products with weights low + step * code, packed to {bits} bits, lowest first. */
static {acc} {name}(const {x} *x, const uint8_t *w, int32_t at, int32_t n, {acc} low, {acc} step)
{{
    {acc} sum = 0;
    for (int32_t i = 0; i < n; ++i) {{
        const int32_t bit = (at + i) * {bits};
{four}\
        const uint32_t code = {code} & {mask}u;
        sum += ({acc})x[i] * (low + step * ({acc})code);
    }}
    return sum;
}}"""

_FOUR = """\
        if (((at + i) & 3) == 0 && i + 4 <= n) {{
            const uint8_t *const p = w + (bit >> 3);
            const uint32_t codes = {loads};
{products}
            i += 3;
            continue;
        }}
"""

_PRODUCT = "            sum += ({acc})x[i + {at}] * (low + step * ({acc})((codes >> {shift}) & {mask}u));"

_GROUPED = """\
/* The sum of n products with {weights}, packed to {bits} bits, lowest first; n is {length}
   multiple of {codes}. */
static {acc} {name}(const {x} *x, const {w} *w, int32_t n{more})
{{
    {acc} sum = 0;
    for (int32_t i = 0; i < n{rest}; i += {codes}) {{
        const {word} codes = {load};
{products}
        x += {codes};
        w += {bytes};
    }}
{tail}\
    return sum;
}}"""

_GROUPED_TAIL = """\
    {word} last = {load};
    for (int32_t i = 0; i < n % {codes}; ++i) {{
        sum += ({acc})x[i] * {weight};
        last = last >> {bits};
    }}
"""

_SPARSE = """\
/* The sum of n products: the element of a weight lies `gaps` elements behind that of the one before. */
static inline {acc} {name}(const {x} *x, const {gap} *gaps, const {w} *w, int32_t n)
{{
    {acc} sum = 0;
    for (int32_t i = 0; i < n; ++i) {{
        x += gaps[i];
        sum += ({acc})*x * ({acc})w[i];
    }}
    return sum;
}}"""

_ONE_BYTE = "((uint32_t)w[bit >> 3] >> (bit & 7))"
_TWO_BYTES = "(((uint32_t)w[bit >> 3] | ((uint32_t)w[(bit >> 3) + 1] << 8)) >> (bit & 7))"


GROUPS: Mapping[int, tuple[int, int]] = {1: (8, 1), 2: (4, 1), 3: (8, 3), 4: (2, 1), 6: (4, 3)}
"""By the bits of a weight: the weights that fill whole bytes together, and these bytes."""


def _four(bits: int, mask: int, acc: CType) -> str:
    """The lines that take four weights at once; they lie in at most four bytes."""
    rest = 4 * bits % 8  # bits before the first of four: 0, or 4 every other time
    loads = " | ".join(f"((uint32_t)p[{k}] << {8 * k})" for k in range((4 * bits + rest) // 8))
    products = [_PRODUCT.format(acc=acc.name, at=at, shift=at * bits, mask=mask) for at in range(4)]
    return _FOUR.format(loads=f"({loads}) >> (bit & 7)" if rest else loads, products="\n".join(products))


def grouped_type(bits: int, centred: bool) -> CType:
    """The type of the bytes of `Helpers.grouped_dot`.

    The last weight of a signed byte is the byte's sign and upper bits, which one shift gives.
    """
    return CType(8, centred and GROUPS[bits][1] == 1)


class Helpers:
    """Collects the functions that layers call and hands out their names."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def rounding(self, mode: Round) -> str:
        """The function (x, drop) that rounds any int64_t."""
        name = f"edgeml_round_{mode.value.lower()}"
        far = "x < 0 ? -1 : 0" if mode is Round.TRN else "0"
        up = "    return whole;" if mode is Round.TRN else _UP_TEXT.format(test=_UP[mode])
        return self._add(name, _ROUNDING.format(mode=mode.value, name=name, far=far, up=up))

    def cast(self, rounding: Round, overflow: Overflow) -> str:
        """The function (x, drop, lo, hi) that casts any int64_t; for SAT_SYM, lo is the symmetric one."""
        fit = Overflow.SAT if overflow is Overflow.SAT_SYM else overflow
        name = f"edgeml_cast_{rounding.value.lower()}_{fit.value.lower()}"
        rounded = self.rounding(rounding)
        text = _CAST.format(
            name=name, rounding=rounding.value, overflow=fit.value, rounded=rounded, body=_FIT[fit]
        )
        return self._add(name, text)

    def dot(self, x: CType, w: CType, acc: CType, by_four: bool) -> str:
        """The function (x, w, n) that sums products.

        Args:
            x: of the elements.
            w: of the weights.
            acc: of the sum.
            by_four: four products in every turn of the loop: faster, more code.
        """
        name = f"edgeml_dot_{x.tag}_{w.tag}{'_by_four' * by_four}_{acc.tag}"
        terms = [f"        sum += ({acc.name})x[i + {k}] * ({acc.name})w[i + {k}];" for k in range(4)]
        loop = _TWO_LOOPS.format(products="\n".join(terms)) if by_four else _ONE_LOOP
        text = _DOT.format(acc=acc.name, name=name, x=x.name, w=w.name, loop=loop)
        if acc == INT32 and x.tag in _EXTEND and w.tag in _EXTEND:
            extend_x, extend_w = _EXTEND[x.tag], _EXTEND[w.tag]
            text = _DOT_WITH_DSP.format(
                name=name, x=x.name, w=w.name, extend_x=extend_x, extend_w=extend_w, plain=text
            )
        return self._add(name, text)

    def packed_dot(self, x: CType, bits: int, acc: CType, by_four: bool) -> str:
        """The function (x, w, at, n, low, step) that sums products with weights of a few bits.

        Args:
            x: of the elements.
            bits: of a weight.
            acc: of the sum.
            by_four: read four weights at once where they begin at a multiple of four: faster, more code.
        """
        name = f"edgeml_dot_{x.tag}_p{bits}{'_by_four' * by_four}_{acc.tag}"
        code, mask = _ONE_BYTE if 8 % bits == 0 else _TWO_BYTES, (1 << bits) - 1
        four = _four(bits, mask, acc) if by_four else ""
        words = {"name": name, "x": x.name, "acc": acc.name, "bits": bits, "code": code, "mask": mask}
        return self._add(name, _PACKED.format(four=four, **words))

    def grouped_dot(self, x: CType, bits: int, acc: CType, centred: bool, whole: bool) -> str:
        """The function (x, w, n) that sums products with weights that fill whole bytes together.

        Args:
            x: of the elements.
            bits: of a weight, one of `GROUPS`.
            acc: of the sum.
            centred: weights are codes from -2^(bits - 1) on, as `grouped_type` stores them; else two more
                arguments are the smallest weight and the distance of weights.
            whole: n is a multiple of the weights that fill whole bytes; else it never is.
        """
        codes, count = GROUPS[bits]
        kind = grouped_type(bits, centred)
        name = f"edgeml_dot_{x.tag}_{'s' if centred else 'g'}{bits}{'' if whole else 't'}_{acc.tag}"

        def weight(shifted: str, is_sign: bool = False) -> str:
            if is_sign:
                return f"({acc.name}){shifted}"
            code = f"({acc.name})({shifted} & {(1 << bits) - 1}{'' if kind.signed else 'u'})"
            return f"({code} - {1 << (bits - 1)})" if centred else f"(low + step * {code})"

        products = [
            f"        sum += ({acc.name})x[{at}] * "
            + weight(f"(codes >> {at * bits})" if at else "codes", kind.signed and at == codes - 1)
            + ";"
            for at in range(codes)
        ]
        words = {
            "acc": acc.name,
            "bits": bits,
            "codes": codes,
            "word": "int32_t" if kind.signed else "uint32_t",
            "load": " | ".join(f"(uint32_t)w[{k}] << {8 * k}" if k else "w[0]" for k in range(count)),
        }
        text = _GROUPED.format(
            name=name,
            x=x.name,
            w=kind.name,
            bytes=count,
            length="a" if whole else "no",
            rest="" if whole else f" - {codes - 1}",
            tail="" if whole else _GROUPED_TAIL.format(weight=weight("last"), **words),
            weights="weights" if centred else "weights low + step * code",
            more="" if centred else f", {acc.name} low, {acc.name} step",
            products="\n".join(products),
            **words,
        )
        return self._add(name, text)

    def sparse_dot(self, x: CType, gap: CType, w: CType, acc: CType) -> str:
        """The function (x, gaps, w, n) that sums products with weights that are not zero."""
        name = f"edgeml_sparse_{x.tag}_{gap.tag}_{w.tag}_{acc.tag}"
        return self._add(name, _SPARSE.format(acc=acc.name, name=name, x=x.name, gap=gap.name, w=w.name))

    def _add(self, name: str, text: str) -> str:
        self._texts.setdefault(name, text)
        return name

    def called(self, body: str) -> str:
        """The functions that a text calls, and those that they call; others are left out."""
        words = set(_WORD.findall(body))
        used: list[str] = []
        for name, text in reversed(self._texts.items()):  # a function is added before the one that calls it
            if name in words:
                words |= set(_WORD.findall(text))
                used.insert(0, text)
        return "\n\n".join(used)
