"""Sample workspaces: real data made by others, and an invented brand whose truth is known."""
