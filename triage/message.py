"""Cleaning a message without moving a character.

Whatever is not the sender's own words about a defect (markup, quoted threads, signatures, form labels, personal data)
is blanked: replaced by as many spaces. The clean text is as long as the original, so every offset found in it holds in
the original too.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["LIMIT", "SAYS_NOTHING", "clean", "clean_many", "is_empty", "plain"]

LIMIT = 20_000
"""Characters of a message that are read, white space and markup left out; what comes after is left out too."""
_LONGEST = 1_000_000
"""Of a message that is longer still, markup and all, the rest is not looked at."""

_UNTOLD = re.compile(r"<(?:(script|style|head)\b|(!--))", re.I)
"""Begins a part that is not shown to whoever reads a page."""
_ENDS = {name: re.compile(rf"</{name}\s*>", re.I) for name in ("script", "style", "head")} | {"!--": re.compile("-->")}
_TAG = re.compile(r"<[/!?]?[a-zA-Z\[][^<>]*>")
_LOOKS_HTML = re.compile(r"<(html|body|div|p|br|table|span|head|b|i|a|ul|li|font)\b[^<>]*>", re.I)
_ENTITY = re.compile(r"&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.I)

_THREAD = re.compile(
    r"^[ \t>*]*(?:-{2,}\s*(?:oorspronkelijk bericht|original message|doorgestuurd bericht|forwarded message).*"
    r"|op .{5,120} schreef .{0,120}:\s*"
    r"|on .{5,120} wrote:\s*"
    r"|(?:van|from):[^\n]{1,200}\n[ \t>]*(?:verzonden|datum|aan|sent|date|to):.*)$",
    re.I | re.M,
)
_THREAD_WORDS = ("bericht", "message", "schreef", "wrote", "van:", "from:")
"""One of these is in every line that a thread begins with."""
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.M)
_HEADER = re.compile(
    r"^[ \t>*]*(?:-{2,}.*|op .{5,120} schreef .{0,120}:|on .{5,120} wrote:"
    r"|(?:van|aan|cc|verzonden|datum|from|to|sent|date):.*)$",
    re.I | re.M,
)
_CLOSING = re.compile(
    r"^[ \t]*(?:--[ \t]*$|(?:met (?:vriendelijke|hartelijke|beleefde) groet(?:en)?|mvg|m\.v\.g\.?|vr\.? ?gr\.?"
    r"|gr(?:oet(?:jes|en)?)?|hoogachtend|kind regards|best regards|regards|yours (?:sincerely|faithfully)|sincerely"
    r"|verstuurd vanaf|sent from my)\b[^\n]{0,60}$)",
    re.I | re.M,
)
_GREETING = re.compile(
    r"\A\s*(?:beste|geachte|hallo|hoi|hi|hey|dag|dear|hello|goede?(?:morgen|middag|navond|ndag)|goedendag|l\.?s\.?)\b"
    r"[^\n,.!?]{0,40}[,.!:\n]",
    re.I,
)
_PERSONAL_FIELD = re.compile(
    r"^[ \t]*(?:naam|voornaam|achternaam|adres|straat|postcode|woonplaats|plaats|telefoon(?:nummer)?|tel|mobiel"
    r"|e-?mail(?:adres)?|geboortedatum|huurdernummer|klantnummer|datum|name|address|phone|date|tenant number)"
    r"[ \t]*:[^\n]*$",
    re.I | re.M,
)
_FIELD_LABEL = re.compile(r"^[ \t]*[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ /?()-]{1,40}:(?=[ \t]|$)", re.M)
_LABELLED_LINES = 3
_ANSWERED_NO = re.compile(r"[:?][ \t]*(?i:neen?|nvt|n\.v\.t|(?:geen|no|none)(?=[ \t]*(?:[.,;|\n]|$)))\b(?![ \t]*[a-z])")
_OF_DANGER = re.compile(
    r"\b(?:gas(?:lucht|lek|geur)?|brand(?:lucht)?|rook|koolmonoxide|co|vonken|spoed|gevaar"
    r"|fire|smoke|carbon|sparks|emergency|danger)\b",
    re.I,
)
_QUESTION = re.compile(
    r"[ \t]*(?:(?:ruikt|ziet|hoort|is|zijn|do|does|are|can)\b[^,]*"
    r"|[^\s,(]+(?:[ \t]+[^\s,(]+){0,2}[ \t]*(?:\([^)]*\))?)[ \t]*",
    re.I,
)
"""What a form asks: a question, or a few words as a label."""
_SIGNED_LINES = 12
"""After a closing there are no more line ends than this."""

_STREETS = ("straat", "laan", "weg", "plein", "kade", "hof", "dreef", "gracht", "singel", "steeg", "pad")
_PERSONAL = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"  # e-mail
    r"|https?://\S{1,500}|www\.\S{1,500}"
    r"|\b[A-Z]{2}\d{2}[ ]?[A-Z]{4}[ ]?(?:\d[ ]?){10}\b"  # IBAN
    r"|(?<!\d)(?:\+31|0031|0)[ -]?(?:\d[ -]?){8,9}(?!\d)"  # telephone
    r"|\b\d{4}[ ]?[A-Z]{2}\b"  # postcode
    rf"|\b[A-Z][a-zé]+(?:{'|'.join(_STREETS)})\s+\d{{1,4}}\s?[a-zA-Z]?\b"
    r"|(?<!\d)\d{9}(?!\d)"  # citizen number or the like
)


_LONG_NUMBER = re.compile(r"\d(?:\d{3} ?[A-Z]|(?:[ -]?\d){7})")
_SPACED_NUMBER = re.compile(r"(?<!\s)\s+\d")
_WORD = re.compile(r"\S+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_ANSWERS = frozenset(
    """
    ja jawel nee neen yes no ok oke okee okay prima akkoord goed mooi top fine good great dank bedankt thanks
    """.split()
)
"""Of what says nothing by itself, words that answer the thread below: it is not passed on by them."""

SAYS_NOTHING = frozenset(
    """
    hoi hallo hey hee dag goedemorgen goedemiddag goedenavond beste geachte mevrouw meneer help hulp bel belt bellen
    terugbellen contact opnemen graag svp aub alstublieft alsjeblieft dringend spoed kunt kunnen kun wilt willen u
    jullie mij me we wij ik iemand komen kom langs sturen even dank bedankt groet groeten mvg melding klacht probleem
    vraag hi hello dear sir madam please call contact need urgent can could you somebody someone come send thanks
    collega collegas zie onder onderstaand onderstaande hieronder fyi fw fwd tkn ter info informatie doorgestuurd
    doorsturen oppakken actie below forwarded regards ja jawel nee neen ok oke okee okay prima akkoord goed mooi top
    bijlage bijlagen bijgevoegd hierbij foto
    fotos nog steeds hetzelfde yes no fine good great see attached attachment picture photo photos still the same
    """.split()
)
"""Words of greeting, of wanting to be helped, of answering and of pointing at something: alone they say nothing."""

_TWO_LETTERS = re.compile(r"[^\W\d_]{2}")

_UNREADABLE = re.compile(r"[^ -_a-~\nÀ-ÿ€]")
"""Characters that `plain` may not leave as they are."""

_SIGNS = "<&@\n"
"""Signs of something to blank; others take a word or a number."""
_HIGHEST = 0x20AD
_SUSPECT = np.array([chr(p) in _SIGNS or _UNREADABLE.match(chr(p)) is not None for p in range(_HIGHEST)] + [True])
"""Whether a code point may stand for something to blank; the last one is for all that are higher."""
_BEFORE_NO = np.array([chr(p) in ":?" for p in range(128)] + [False])
_BEGINS_NO = np.array([chr(p) in "nNgG \t" for p in range(128)] + [False])
"""Whatever `_ANSWERED_NO` finds begins with one of the former, with at most one space before one of the latter."""
_STREET_ENDS = np.zeros(26**3, dtype=bool)
_STREET_ENDS[[np.polyval([ord(c) - ord("a") for c in street[-3:]], 26) for street in _STREETS]] = True
"""Whether three letters, read as digits of a number, may end a street's name."""
_MAY_GREET = np.array([chr(p).lower() in "bghdl \t" for p in range(128)])
_FEW = 20
"""So few texts are cleaned soonest one by one."""


def _blank(match: re.Match[str]) -> str:
    return _spaces(match.group())


def _spaces(text: str) -> str:
    """Blank a text; line ends stay, since they part sentences."""
    return re.sub(r"[^\n]", " ", text)


def plain(text: str) -> str:
    """Take control characters, markup and entities out, keeping the length."""
    text = _UNREADABLE.sub(_readable, text[:_LONGEST])
    if "<" in text and _LOOKS_HTML.search(text):
        text = _TAG.sub(_blank, _without_untold(text))
    text = _ENTITY.sub(_unescape, text) if "&" in text else text
    return text if len(text) <= LIMIT else _beginning(text)


def _without_untold(text: str) -> str:
    """Blank what is between the tags of a page without being shown."""
    parts, done, endless = [], 0, set()
    for begin in _UNTOLD.finditer(text):
        name = (begin[1] or begin[2]).lower()
        if begin.start() < done or name in endless:
            continue
        end = _ENDS[name].search(text, begin.end())
        if end is None:
            endless.add(name)
        else:
            parts += [text[done : begin.start()], _spaces(text[begin.start() : end.end()])]
            done = end.end()
    return "".join([*parts, text[done:]])


def _beginning(text: str) -> str:
    """Return as much of a text as is read."""
    left = LIMIT
    for word in _WORD.finditer(text):
        left -= len(word[0])
        if left < 0:
            return text[: word.end() + left]
    return text


def _readable(match: re.Match[str]) -> str:
    character = match.group()
    if character in "‘’`´":
        return "'"
    if character.isascii():
        return character if character.isprintable() or character == "\n" else " "
    return " " if unicodedata.category(character)[0] == "C" else character


def _unescape(match: re.Match[str]) -> str:
    character = html.unescape(match.group())
    return (character if len(character) == 1 else " ").ljust(len(match.group()))


def clean(text: str) -> str:
    """Blank all that is not the sender's own words about a defect.

    Parameters
    ----------
    text : str
        The message as it came in.

    Returns
    -------
    str
        As long as ``text`` (unless that has more than `LIMIT` characters to read), with everything else in place.

    Examples
    --------
    >>> clean("Dag, de kraan lekt. Bel 06-00000000")
    '     de kraan lekt. Bel            '
    """
    text = plain(text)
    if "\n" in text:  # threads, forms and signatures take whole lines, and a message's only line is kept
        for part_left_out in (_without_thread, _without_form_labels, _without_signature):
            text = _keep_words(text, part_left_out(text))
    if _GREETING.match(text):
        text = _keep_words(text, _GREETING.sub(_blank, text))
    if _ANSWERED_NO.search(text):
        text = _keep_words(text, _without_denied_danger(text))
    return _PERSONAL.sub(_blank, text) if _may_be_personal(text) else text


def clean_many(texts: Sequence[str]) -> list[str]:
    """Clean many texts as `clean` does each; those that hold no sign of anything to blank cost next to nothing.

    Examples
    --------
    >>> clean_many(["wc loopt door", "Dag, de kraan lekt"])
    ['wc loopt door', '     de kraan lekt']
    """
    if len(texts) < _FEW:
        return [clean(text) for text in texts]
    cleaned = list(texts)
    for i in np.flatnonzero(_suspects(cleaned)).tolist():
        cleaned[i] = clean(cleaned[i])
    return cleaned


def _suspects(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which texts may hold something to blank; whoever is not among them holds nothing."""
    joined = " ".join([*texts, ""])
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    starts = np.cumsum(lengths + 1) - lengths - 1
    suspect = lengths > LIMIT
    if len(starts):
        suspect |= np.logical_or.reduceat(_SUSPECT.take(points, mode="clip"), starts)
        telling = np.concatenate([_telling_digits(points), _may_deny(points)])
        suspect[np.searchsorted(starts, telling, "right") - 1] = True
        may_greet = ~suspect & _MAY_GREET[points[starts] & 127]
        suspect[[i for i in np.flatnonzero(may_greet).tolist() if _GREETING.match(texts[i])]] = True
    for sign in ("://", "www"):
        if sign in joined:
            suspect |= np.fromiter((sign in text for text in texts), dtype=bool, count=len(texts))
    return suspect


def _may_deny(points: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Find where a question may be answered with no."""
    asked = np.flatnonzero(_BEFORE_NO.take(points, mode="clip"))
    after = np.minimum(asked + 1, len(points) - 1)
    after += _is_space(points[after]) & (after + 1 < len(points))
    return np.asarray(asked[_BEGINS_NO.take(points[after], mode="clip")])


def _telling_digits(points: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Find where digits may be part of a long number, or of an address."""
    digits = np.flatnonzero((points >= ord("0")) & (points <= ord("9")))
    four = digits[3:][digits[3:] - digits[:-3] == 3]
    after = np.minimum(four + 1, len(points) - 1)
    capital = _is_capital(points[after + (points[after] == ord(" ")) * (after + 1 < len(points))])
    spaced = digits[7:][digits[7:] - digits[:-7] <= 14]
    before = digits[digits > 3]
    before = before[_is_space(points[before - 1])]
    letters = points[before[:, None] - [4, 3, 2]].astype(np.int64) - ord("a")
    named = ((letters >= 0) & (letters < 26)).all(axis=1)
    address = _is_space(points[before - 2])
    address[named] = _STREET_ENDS[letters[named] @ [676, 26, 1]]
    return np.concatenate([four[capital], spaced, before[address]])


def _is_space(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    return np.asarray((points == ord(" ")) | (points == ord("\t")))


def _is_capital(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    return np.asarray((points >= ord("A")) & (points <= ord("Z")))


def _may_be_personal(text: str) -> bool:
    """Tell whether there is any of the signs without which `_PERSONAL` finds nothing."""
    if "@" in text or "www" in text or "://" in text or _LONG_NUMBER.search(text):
        return True
    return any(text.endswith(_STREETS, 0, number.start()) for number in _SPACED_NUMBER.finditer(text))


def _keep_words(before: str, after: str) -> str:
    """Take a step back if it left no words: a message that is all signature is still a message."""
    return before if is_empty(after) else after


def _without_thread(text: str) -> str:
    own = _QUOTED_LINE.sub(_blank, text) if ">" in text else text
    lower = own.lower()
    if any(word in lower for word in _THREAD_WORDS) and (match := _THREAD.search(own)):
        own = own[: match.start()] + _spaces(own[match.start() :])
    if own == text or not (SAYS_NOTHING - _ANSWERS).issuperset(_LETTERS.findall(own.lower())):
        return own
    return _HEADER.sub(_blank, text)  # who says nothing of their own passes the thread on


def _without_denied_danger(text: str) -> str:
    """Blank questions about danger that are answered with no: their words would ring."""
    parts, done, looked_at = [], 0, 0
    for answer in _ANSWERED_NO.finditer(text):
        start = max(looked_at, *(text.rfind(sign, looked_at, answer.start()) + 1 for sign in "\n.!?;|"))
        looked_at = answer.end()
        asked = start, answer.start()
        if _OF_DANGER.search(text, *asked) and _QUESTION.fullmatch(text, *asked):
            parts += [text[done:start], _spaces(text[start:looked_at])]
            done = looked_at
    return "".join([*parts, text[done:]])


def _without_form_labels(text: str) -> str:
    if ":" not in text:
        return text
    text = _PERSONAL_FIELD.sub(_blank, text)
    if len(_FIELD_LABEL.findall(text)) >= _LABELLED_LINES:
        text = _FIELD_LABEL.sub(_blank, text)
    return text


def _without_signature(text: str) -> str:
    start = len(text)
    for _ in range(_SIGNED_LINES + 1):
        start = max(text.rfind("\n", 0, start), 0)
    for match in _CLOSING.finditer(text, start):
        if _TWO_LETTERS.search(text, 0, match.start()):
            return text[: match.start()] + _spaces(text[match.start() :])
    return text


def is_empty(text: str) -> bool:
    """Tell whether a text holds no word of two letters or more.

    Examples
    --------
    >>> is_empty("  !? 7 "), is_empty("wc")
    (True, False)
    """
    return _TWO_LETTERS.search(text) is None
