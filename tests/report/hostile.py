"""Strings that would do something in some language if they were not escaped: about five hundred, in families."""

from __future__ import annotations

from itertools import product

_ELEMENTS = (
    "script", "img", "svg", "iframe", "object", "embed", "link", "meta", "base", "style", "form", "input", "button",
    "math", "video", "audio", "details", "body", "html", "head", "template", "textarea", "title", "noscript", "xmp",
    "plaintext", "select", "table", "frameset", "foreignObject", "animate", "use", "a", "bdo", "main",
)  # fmt: skip
_EVENTS = (
    "onload", "onerror", "onclick", "onmouseover", "onfocus autofocus", "ontoggle", "onpointerenter",
    "onanimationend", "onbeforeprint", "onscroll", "onwheel", "style",
)  # fmt: skip
_SCHEMES = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,<b>", "vbscript:x",
    "file:///etc/passwd", "blob:x", "http://x.test/", "//x.test/", "ws://x.test", "view-source:x",
)  # fmt: skip
_EXPRESSIONS = (
    "alert(1)", "datum.x", "datum['constructor']", "event.view.alert(1)", "constructor.constructor('alert(1)')()",
    "'); alert(1); ('", "\"] || alert(1) || datum[\"", "{\"signal\": \"alert(1)\"}", "{\"expr\": \"alert(1)\"}",
    "warn('x')", "data('source_0')", "hidden", "hidden = []", "width", "containerSize()", "a.b", "a[b]", "a\\.b",
    "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__", "null", "undefined",
    "NaN", "true", "[]", "{}", "0", "-1", "1e999", "function(){}", "() => 1", "new Function('alert(1)')()",
    "setTimeout('x')", "import('x')", "`${alert(1)}`", "\\", "\\'", "\\\"", "\\u003cscript\\u003e",
    "\\x3cscript\\x3e", "';//", "/*", "*/",
)  # fmt: skip
_TEMPLATES = (
    "{{ 7 * 7 }}", "{% raw %}", "{%- endblock -%}", "{# x #}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "[[7*7]]",
    "{{ self }}", "{{ ''.__class__.__mro__ }}", "{% include 'page.js' %}", "{{ style }}", "{{ results|safe }}", "{{",
    "}}", "{%", "%}", "<?php echo 1 ?>", "<!--#exec cmd='x'-->", "@{x}", "%{x}", "%s%n", "{0.__class__}", "$(x)",
    "`x`",
)  # fmt: skip
_COMMENTS = (
    "-->", "--!>", "<!--", "<!-->", "<!--->", "<!-- --", "<!--><img src=x onerror=alert(1)>", "<!--<script>", "]]>",
    "<![CDATA[", "<![CDATA[<b>]]>", "<?xml version='1.0'?>", "<!doctype html>", "<!ENTITY x SYSTEM 'x'>", "<!", "<",
    ">", "</", "<//>", "&", "&amp", "&lt;b&gt;", "&#60;b&#62;", "&#x3C;b&#x3E;", "&lt", "&NotEqualTilde;", "&#0;",
    "&#x110000;",
)  # fmt: skip
_STYLES = (
    "</style><style>*{display:none}</style>", "*{display:none}", "}</style>", "url(http://x.test)", "@import 'x'",
    "expression(alert(1))", "behavior:url(x)", "\\3c script\\3e", "var(--paper)", "red;background:url(//x.test)",
    "/*", "!important", "content:'x'", "@media all{", "</svg>", "</text></svg><script>alert(1)</script>",
)  # fmt: skip
_ENCODINGS = (
    "+ADw-script+AD4-alert(1)", "%3Cscript%3E", "%253Cscript%253E", "&amp;lt;script&amp;gt;", "\u00bcscript\u00be",
    "\uff1cscript\uff1e", "\u2039script\u203a", "<\u0000script>", "<scr\u0000ipt>", "%00", "\u0000", "<\u200bscript>",
    "\ud83d", "\udc00\ud83d", "\ufeff<script>", "\u0085<b>", "\u2028alert(1)\u2029", "=HYPERLINK(1)", "@SUM(1)",
    "-1+1",
)  # fmt: skip
_DIRECTIONS = tuple(
    f"{character}txt.exe" for character in "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_TERMINAL = (
    "\x1b[31m", "\x1b]8;;http://x.test\x07x", "\x1b[2J", "\x9b31m", "[red]x[/red]", "[link=http://x.test]x[/link]",
    ":smile:", "\r\nfake line", "a\bb", "\t", "\n\n# heading", "\n---\n", "\v\f",
)  # fmt: skip
_MARKDOWN = (
    "|*a*|`b`|_c_|", "[x](javascript:alert(1))", "![x](http://x.test)", "~~x~~", "# x", "- x", "1. x", "> x", "```x",
    "$x$", "@everyone", "#1", "https://x.test", "www.x.test", "x@x.test", "<https://x.test>", "[^1]",
)  # fmt: skip
_LONG = ("x" * 5_000, "<b>" * 500, "\u0301" * 500, "猫" * 500, "👩‍🔬" * 100, " " * 50)


def strings() -> list[str]:
    """All of them; no two are the same."""
    elements = product(
        ("<{}>", "</{}>", "<{}/onload=alert(1)>", "\"><{} src=x onerror='alert(1)'>", "</{} x='"), _ELEMENTS
    )
    events = product(('" {}=alert(1) x="', "' {}=alert(1) x='", "` {}=alert(1) x=`", " {}=alert(1) "), _EVENTS)
    urls = product(("{}", "<a href='{}'>x</a>", '" href="{}', "url({})"), _SCHEMES)
    controls = [f"a{chr(code)}b" for code in (*range(32), 127, *range(128, 160), 0xFFFE, 0xFFFF, 0xFDD0)]
    made = [form.format(word) for form, word in (*elements, *events, *urls)]
    fixed = (_EXPRESSIONS, _TEMPLATES, _COMMENTS, _STYLES, _ENCODINGS, _DIRECTIONS, _TERMINAL, _MARKDOWN, _LONG)
    return list(dict.fromkeys([*made, *controls, *(text for family in fixed for text in family)]))
