"""`python -m quanyu` is the `quanyu` command."""

from quanyu.cli.main import app

if __name__ == "__main__":
    app()
