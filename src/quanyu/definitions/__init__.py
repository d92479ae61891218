"""How YAML becomes checked, frozen objects with file and line."""
