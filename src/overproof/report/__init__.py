"""Telling: ``results.json`` as a terminal table, as Markdown and as one HTML file. Never imports torch."""
