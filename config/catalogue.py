"""The French catalogue: ``make messages`` brings it up to date with the code, in Python alone.

Templates go through Django's own translation of templates to Python first, so what is found is
exactly what Django will look up. The compiled file is kept in
the repository because a machine that only runs Couvert has neither Babel nor gettext.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("fr",)
"""English needs no catalogue: it is what the code says."""

_SOURCES = (
    *("accounts", "api", "config", "core", "customers", "notifications", "payments"),
    *("reservations", "restaurants", "staff", "webhooks"),
)
_TEMPLATES = (".html", ".txt")
_KEYWORDS = (
    *("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"),
    *("pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"),
)


def extracted() -> Catalog:
    """Every message of the code and the templates, with the files it stands in."""
    catalog = Catalog()
    for path in _files():
        source = path.read_text(encoding="utf-8")
        for line, function, words in (_code if path.suffix == ".py" else _template)(source):
            _add(catalog, path, line, function, words)
    return catalog


def po_file(language: str) -> Path:
    """Where the words of a language are kept."""
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def catalogue(language: str) -> Catalog:
    """The catalogue as it is kept."""
    path = po_file(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """The file Django reads."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def main() -> int:
    """Update every catalogue and compile it; 1 while words are missing."""
    missing = 0
    for language in LANGUAGES:
        catalog = catalogue(language)
        catalog.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        path = po_file(language)
        with path.open("wb") as file:
            # No line numbers: they would change with every change of the code.
            write_po(file, catalog, width=100, sort_output=True, include_lineno=False)
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        untranslated = [message.id for message in catalog if message.id and not is_done(message)]
        missing += len(untranslated)
        for words in untranslated:
            sys.stdout.write(f"{language}: {words!r} has no translation yet\n")
    return 1 if missing else 0


def is_done(message: object) -> bool:
    """Whether a message is translated, in every plural form, by somebody who was sure."""
    string = getattr(message, "string", "")
    forms = string if isinstance(string, tuple) else (string,)
    return all(forms) and not getattr(message, "fuzzy", False)


def _files() -> Iterator[Path]:
    for source in _SOURCES:
        for path in sorted((ROOT / source).rglob("*.py")):
            if "migrations" not in path.parts and path.name != "style.py":
                yield path
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in _TEMPLATES and path.name != "styleguide.html":
            yield path


Call = tuple[int, str, tuple[str, ...]]
"""Line, function, and the words it is called with."""


def _code(source: str) -> Iterator[Call]:
    """The calls in a Python file, those inside f-strings too, whatever Python reads it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            words = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            if name in _KEYWORDS:
                yield node.lineno, name, tuple(word for word in words if isinstance(word, str))


def _template(source: str) -> Iterator[Call]:
    python = io.BytesIO(templatize(source).encode())
    for line, name, words, _comments in extract_python(python, dict.fromkeys(_KEYWORDS), [], {}):
        said: Any = words  # Babel's annotation knows lists only; a single word comes bare
        given = [said] if isinstance(said, str) else said
        yield line, str(name), tuple(word for word in given if isinstance(word, str))


def _add(catalog: Catalog, path: Path, line: int, function: str, words: tuple[str, ...]) -> None:
    context = None
    if "pgettext" in function and words:
        context, words = words[0], words[1:]
    forms = 2 if function.startswith("n") else 1
    # What is put together at run time is marked where its parts are written.
    if len(words) >= forms:
        message = words[:2] if forms == 2 else words[0]
        place = (path.relative_to(ROOT).as_posix(), line)
        catalog.add(message, locations=[place], context=context)


if __name__ == "__main__":
    sys.exit(main())
