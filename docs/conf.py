"""The documentation's settings."""

from importlib.metadata import version as installed_version

project = "orderflow"
author = "orderflow contributors"
copyright = "2026, orderflow contributors"
release = version = installed_version("orderflow")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinxcontrib.mermaid"]
exclude_patterns = ["_build", "examples"]

myst_enable_extensions = ["colon_fence"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"

html_theme = "furo"
html_title = f"orderflow {release}"
