"""axe-core asked about a page: what in it keeps somebody out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SCRIPT = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"

EVERYTHING = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("color-contrast",)
"""All that another colour scheme changes."""

_RUN = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules });
  return found.violations.map((v) => [v.id, v.nodes.slice(0, 5).map((n) => n.html.slice(0, 200))]);
}"""


def barriers(page: Page, rules: Sequence[str] = EVERYTHING) -> list[list[Any]]:
    """What axe finds on the page as it stands: each rule that is broken, and where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT.read_text())
    found: list[list[Any]] = page.evaluate(_RUN, list(rules))
    return found
