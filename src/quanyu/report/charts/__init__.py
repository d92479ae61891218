"""Pictures drawn as SVG on the server: pure functions from figures to markup, no script needed to see or print them."""
