"""XSD on columns: which texts are valid for a datatype, and how values compare.

A value that is not valid has no order, so it fails every comparison, as SPARQL and SHACL want it.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import polars as pl

from mcgraph.model.namespaces import RDF, XSD

_ZONE = r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_YEAR = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})"
_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY = r"(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_REAL = rf"(?:{_NUMBER}(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN)"

_FORMS: dict[str, str] = {
    "boolean": "true|false|1|0",
    "decimal": _NUMBER,
    "integer": "[+-]?[0-9]+",
    "nonNegativeInteger": r"\+?[0-9]+|-0+",
    "positiveInteger": r"\+?0*[1-9][0-9]*",
    "nonPositiveInteger": r"-[0-9]+|\+?0+",
    "negativeInteger": "-0*[1-9][0-9]*",
    "float": _REAL,
    "double": _REAL,
    "date": f"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}",
    "dateTime": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}",
    "dateTimeStamp": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE.removesuffix('?')}",
    "time": f"{_TIME}{_ZONE}",
    "gYear": f"{_YEAR}{_ZONE}",
    "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}",
    "gMonth": f"--{_MONTH}{_ZONE}",
    "gDay": f"---{_DAY}{_ZONE}",
    "gMonthDay": f"--{_MONTH}-{_DAY}{_ZONE}",
    "duration": r"-?P(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?(?:T(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?",
    "hexBinary": "(?:[0-9a-fA-F]{2})*",
    "base64Binary": r"[A-Za-z0-9+/=\s]*",
    "language": "[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
}
_BOUNDED: dict[str, tuple[int, int]] = {
    "byte": (-(2**7), 2**7 - 1),
    "short": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "unsignedByte": (0, 2**8 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedLong": (0, 2**64 - 1),
}
NUMERIC = frozenset(
    XSD + name
    for name in ("decimal", "integer", "float", "double", "nonNegativeInteger", "positiveInteger",
                 "nonPositiveInteger", "negativeInteger", *_BOUNDED)
)  # fmt: skip
MOMENTS = frozenset(XSD + name for name in ("date", "dateTime", "dateTimeStamp"))
_FOURTEEN_HOURS = 14 * 3600 * 1_000_000


def valid(datatype: str) -> pl.Expr:
    """Whether the text in column `v` is a valid form of the datatype; unknown datatypes take any text."""
    value = pl.col("v")
    name = datatype.removeprefix(XSD) if datatype.startswith(XSD) else ""
    if name in _BOUNDED:
        low, high = _BOUNDED[name]
        number = value.str.strip_prefix("+").cast(pl.Int128, strict=False)
        return value.str.contains(rf"^(?:{_FORMS['integer']})$") & number.is_between(low, high).fill_null(False)
    if name not in _FORMS:
        return pl.lit(True)
    form = value.str.contains(rf"^(?:{_FORMS[name]})$")
    if name in ("date", "dateTime", "dateTimeStamp"):
        return form & (value.str.contains(r"^-?[0-9]{5,}|^-") | _day(value).is_not_null())
    if name == "duration":
        return form & value.str.contains("[0-9][A-Z]") & ~value.str.ends_with("T")
    return form


def _day(value: pl.Expr) -> pl.Expr:
    return value.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def number(value: pl.Expr) -> pl.Expr:
    """The text as a floating point number, null where it is none."""
    plain = value.str.replace("INF", "inf", literal=True).str.replace("NaN", "nan", literal=True)
    return plain.str.strip_prefix("+").cast(pl.Float64, strict=False)


def moment(value: pl.Expr) -> pl.Expr:
    """The text of a date or date-time as microseconds of UTC (without a zone: as if it were UTC)."""
    day = _day(value).cast(pl.Datetime("us")).cast(pl.Int64)
    clock = value.str.extract(r"T([0-9:]{8})").str.split(":")
    seconds = sum(
        (clock.list.get(i, null_on_oob=True).cast(pl.Int64, strict=False).fill_null(0) * unit
         for i, unit in enumerate((3600, 60, 1))),
        start=pl.lit(0, dtype=pl.Int64),
    )  # fmt: skip
    fraction = value.str.extract(r"(\.[0-9]+)").cast(pl.Float64, strict=False).fill_null(0.0) * 1_000_000
    zone = value.str.extract(r"([+-][0-9]{2}:[0-9]{2})$")
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    minutes = zone.str.slice(1, 2).cast(pl.Int64) * 60 + zone.str.slice(4, 2).cast(pl.Int64)
    shift = (sign * minutes).fill_null(0) * 60_000_000
    return day + seconds * 1_000_000 + fraction.cast(pl.Int64) - shift


def zoned(value: pl.Expr) -> pl.Expr:
    """Whether a date or date-time says its zone."""
    return value.str.contains(r"(?:Z|[+-][0-9]{2}:[0-9]{2})$")


def exact(text: str) -> Decimal | None:
    """A number without rounding."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def family(datatype: str) -> str:
    """Which values a value of this datatype may be compared with: an empty text is with none."""
    if datatype in NUMERIC:
        return "number"
    if datatype == XSD + "date":
        return "date"
    if datatype in MOMENTS:
        return "moment"
    if datatype in (XSD + "string", XSD + "boolean"):
        return datatype
    return "language" if datatype == RDF + "langString" else ""


def below(kind: str, left: pl.Expr, right: pl.Expr, *, or_equal: bool) -> pl.Expr:
    """Whether `left` is before `right` for values of one family; null or false where that is not so."""
    if kind == "number":
        a, b = number(left), number(right)
    elif kind in ("date", "moment"):
        return _before(left, right, or_equal=or_equal)
    elif kind == XSD + "boolean":
        a, b = left.is_in(["true", "1"]).cast(pl.Float64), right.is_in(["true", "1"]).cast(pl.Float64)
    elif kind == XSD + "string":
        a, b = left, right
    else:
        return pl.lit(False)
    return (a <= b) if or_equal else (a < b)


def _before(left: pl.Expr, right: pl.Expr, *, or_equal: bool) -> pl.Expr:
    """Dates with and without a zone compare only where 14 hours of doubt do not matter (XSD 3.2.7.4)."""
    a, b = moment(left), moment(right)
    plain = (a <= b) if or_equal else (a < b)
    return pl.when(zoned(left) == zoned(right)).then(plain).otherwise(a + _FOURTEEN_HOURS < b)
