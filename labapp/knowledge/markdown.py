"""Markdown to safe HTML, once, on the way in; and to plain text for searching."""

import re
from html import unescape

import nh3
from markdown_it import MarkdownIt

TAGS = {
    "h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "blockquote", "a", "code", "pre",
    "table", "thead", "tbody", "tr", "th", "td", "hr", "br", "s",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
HEADINGS = re.compile(r"<(/?)h1>")
LINE_ENDS = re.compile(r"</(?:p|li|h[1-6]|tr|blockquote)>|<br\s*/?>")
ANY_TAG = re.compile(r"<[^>]+>")

_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def render(text: str) -> str:
    """Give safe HTML of Markdown: no scripts, styles, pictures or other schemes than the web's.

    The page has its own first heading, so one in the text becomes a second.
    """
    html = HEADINGS.sub(r"<\1h2>", str(_markdown.render(text or "")))
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


def plain(text: str) -> str:
    """Give the words of Markdown, a line for each block."""
    html = LINE_ENDS.sub("\n", render(text))
    return unescape(ANY_TAG.sub("", html)).strip()


def sections(text: str) -> list[tuple[str, str]]:
    """Give the text by its headings of the second level: [(heading or "", Markdown)]."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in (text or "").splitlines():
        if line.startswith("## "):
            found.append((line[3:].strip(), []))
        else:
            found[-1][1].append(line)
    return [(heading, "\n".join(lines).strip()) for heading, lines in found if heading or lines]
