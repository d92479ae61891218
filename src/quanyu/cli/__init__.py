"""The command line: one file per command group; every command calls one service."""
