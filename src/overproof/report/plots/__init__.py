"""The plots, as Vega-Lite specifications that the page's script draws."""
