"""How fast the product is, always beside a plain reference of the same run. docs/performance.md has figures."""
