"""Sample workspaces over real data made by others."""
