"""What headers and values of a column look like, in the languages CRMs are mostly used in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from simulator.calibration.amounts import parse_amounts
from simulator.calibration.dates import MISSING, parse_dates
from simulator.calibration.labels import clean
from simulator.calibration.status import outcome_of

NAMED_ID = r"编号|番号|(^|[_\s.-])id$|^id([_\s.-]|$)|_id\b|key\b|number|nummer|\bnr\b|guid|uuid|[a-z]Id$"
STAGES = (
    ("visitors", r"visit|session|click|impression"),
    ("engagements", r"engag|subscri|sign.?up|registr|download|trial"),
    ("mqls", r"mql|marketing.?qualif|lead|contact|inquir|enquir|first|kontakt|anfrage"),
    ("sqls", r"sql|sales.?qualif|sal\b|opportunit|opp\b|deal|demo|meeting"),
    ("wins", r"won|win\b|wins\b|customer|sign(ed|ature)|contract|purchase|order|gewonnen|gagn|ganad|ganho|vint[ao]"),
)
BEGUN = (
    r"creat|open|added|add.?time|start|erstellt|angelegt|eroffnet|\bcree|\bcrea(do|cion)|criad[ao]|creazione|aangemaakt"
    r"|skapad|创建|作成"
)
"""A record began; of which stage, the name does not say."""
CLOSED = (
    r"关闭|完了|"
    r"clos|decid|decis|outcome|ended|resol|geschlossen|abgeschlossen|abschluss|ferme|cloture|cierre|cerrad|fechad"
    r"|chius|gesloten|stangd"
)
EXPECTED = r"expect|due|forecast|target|estimat|erwartet|voraussichtlich|prev[ui]|esperad|previst"
LOSS = r"lost|disqualif|reject|verloren|perdu|perdid"
MONEY = (
    r"金额|金額|amount|value|revenue|price|mrr|arr|acv|tcv|size|worth|betrag|umsatz|\bwert|montant|valeur|importe|valor|bedrag"
    r"|importo|belopp"
)
WRITTEN_AS_NUMBER = r"date|time|_at$|\bon$|creat|clos|won\b|lost\b|opened|entered|datum|fecha"
SEGMENT = (
    r"segment",
    r"来源|lead.?source|origin|source|channel|campaign|quelle|herkunft|kanal|fuente|canal|fonte",
    r"region|territory|country|market|land\b|pays|pais",
    r"product|pipeline|team|industry|type|business|produkt|branche|produit",
)


def plain(name: str) -> str:
    """A header without accents, in small letters, words apart.

    >>> plain("Région_Vente")
    'region vente'
    """
    letters = unicodedata.normalize("NFKD", re.sub(r"[_\-]+", " ", name))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def named(pattern: str, name: str) -> bool:
    """Whether a header matches, as it is or without accents."""
    return bool(re.search(pattern, name, re.I) or re.search(pattern, plain(name)))


def stage_of(name: str) -> str | None:
    """The stage a header or a label names, or None; what only begins is a deal.

    >>> [stage_of(name) for name in ("Lead created", "Created on", "Became a customer", "Owner")]
    ['mqls', 'sqls', 'wins', None]
    """
    found = stage_named(name)
    return "sqls" if found is None and named(BEGUN, name) else found


def stage_named(name: str) -> str | None:
    """The stage a header or a label names by its own word, or None."""
    hits = [stage for stage, pattern in STAGES if re.search(pattern, plain(name))]
    return hits[-1] if "wins" in hits[-1:] else hits[0] if hits else None


@dataclass
class Column:
    """What the values of a column look like. Shares are of the non-empty ones."""

    name: str
    filled: float
    unique: float
    distinct: int
    dates: float
    numbers: float
    outcomes: float
    middle: float
    values: set[str] = field(repr=False, default_factory=set)


def look(name: str, texts: Sequence[str | None]) -> Column:
    """Describe a column by a sample of its values."""
    values = [clean(t) for t in texts if t and clean(t).casefold() not in MISSING]
    distinct = set(values)
    few = list(distinct)[:300]
    if not few:
        return Column(name, 0.0, 0.0, 0, 0.0, 0.0, 0.0, float("nan"))
    parsed = parse_dates(few, order=None)
    read = parsed.days if parsed.order not in ("unknown", "mixed") else parse_dates(few, order="day").days
    bare = np.array([bool(re.fullmatch(r"\d+([.,]\d+)?", text)) for text in few])
    written = np.isfinite(read) & ~bare
    numbers = np.isfinite(parse_amounts(few)[0]) & np.array([bool(re.search(r"\d", t)) for t in few]) & ~written
    money = bool(named(MONEY, name))
    serial = np.isfinite(read) & bare & bool(not money and named(WRITTEN_AS_NUMBER, name))
    dated = written | serial
    outcomes = sum(outcome_of(t) != 0 for t in values) / len(values) if len(distinct) <= 40 else 0.0
    middle = float(np.nanmedian(read[dated])) if dated.any() else float("nan")
    return Column(
        name,
        len(values) / max(len(texts), 1),
        len(distinct) / len(values),
        len(distinct),
        float(dated.mean()),
        float(numbers.mean()),
        outcomes,
        middle,
        distinct,
    )
