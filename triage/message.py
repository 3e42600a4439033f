"""Cleaning a message without moving a character.

Whatever is not the sender's own words about a defect (markup, quoted threads, signatures, form labels, personal data)
is blanked: replaced by as many spaces. The clean text is as long as the original, so every offset found in it holds in
the original too.
"""

from __future__ import annotations

import html
import re
import unicodedata

__all__ = ["LIMIT", "clean", "is_empty", "plain"]

LIMIT = 20_000
"""Characters of a message that are read; what comes after is left out."""

_MARKUP = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<!--.*?-->|</?[a-zA-Z][^<>]{0,2000}>", re.S | re.I)
_LOOKS_HTML = re.compile(r"<(html|body|div|p|br|table|span|head|b|i|a|ul|li|font)\b[^<>]*>", re.I)
_ENTITY = re.compile(r"&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.I)

_THREAD = re.compile(
    r"^[ \t>*]*(?:-{2,}\s*(?:oorspronkelijk bericht|original message|doorgestuurd bericht|forwarded message).*"
    r"|op .{5,120} schreef .{0,120}:\s*"
    r"|on .{5,120} wrote:\s*"
    r"|(?:van|from):[^\n]{1,200}\n[ \t>]*(?:verzonden|datum|aan|sent|date|to):.*)$",
    re.I | re.M,
)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.M)
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


_LONG_NUMBER = re.compile(r"\d(?:\d{3}|(?:[ -]?\d){7})")
_SPACED_NUMBER = re.compile(r"\s+\d")

_TWO_LETTERS = re.compile(r"[^\W\d_]{2}")

_READABLE = re.compile(r"[ -_a-~\nÀ-ÿ€]*")
"""Characters that `plain` leaves as they are."""


def _blank(match: re.Match[str]) -> str:
    return _spaces(match.group())


def _spaces(text: str) -> str:
    """Blank a text; line ends stay, since they part sentences."""
    return re.sub(r"[^\n]", " ", text)


def plain(text: str) -> str:
    """Take control characters, markup and entities out, keeping the length."""
    text = text[:LIMIT]
    if not _READABLE.fullmatch(text):
        text = "".join(_readable(c) for c in text)
    if "<" in text and _LOOKS_HTML.search(text):
        text = _MARKUP.sub(_blank, text)
    return _ENTITY.sub(_unescape, text) if "&" in text else text


def _readable(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() or character == "\n" else " "
    if character in "‘’`´":
        return "'"
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
        As long as ``text`` (up to `LIMIT` characters), with everything else in place.

    Examples
    --------
    >>> clean("Dag, de kraan lekt. Bel 06-00000000")
    '     de kraan lekt. Bel            '
    """
    text = plain(text)
    # Most messages hold none of the signs that a pass looks for, and skip it.
    if ">" in text or ":" in text or "--" in text:
        text = _keep_words(text, _without_thread(text))
    if ":" in text:
        text = _keep_words(text, _without_form_labels(text))
    if "\n" in text:
        text = _keep_words(text, _without_signature(text))
    if _GREETING.match(text):
        text = _keep_words(text, _GREETING.sub(_blank, text))
    return _PERSONAL.sub(_blank, text) if _may_be_personal(text) else text


def _may_be_personal(text: str) -> bool:
    """Tell whether there is any of the signs without which `_PERSONAL` finds nothing."""
    if "@" in text or "www" in text or "://" in text or _LONG_NUMBER.search(text):
        return True
    return any(text.endswith(_STREETS, 0, number.start()) for number in _SPACED_NUMBER.finditer(text))


def _keep_words(before: str, after: str) -> str:
    """Take a step back if it left no words: a message that is all signature is still a message."""
    return before if is_empty(after) else after


def _without_thread(text: str) -> str:
    text = _QUOTED_LINE.sub(_blank, text)
    match = _THREAD.search(text)
    return text if match is None else text[: match.start()] + _spaces(text[match.start() :])


def _without_form_labels(text: str) -> str:
    text = _PERSONAL_FIELD.sub(_blank, text)
    if len(_FIELD_LABEL.findall(text)) >= _LABELLED_LINES:
        text = _FIELD_LABEL.sub(_blank, text)
    return text


def _without_signature(text: str) -> str:
    for match in _CLOSING.finditer(text):
        rest = text[match.end() :]
        if rest.count("\n") <= 12 and not is_empty(text[: match.start()]):
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
