"""How YAML becomes checked, frozen objects with file and line."""

from quanyu.definitions.catalogue import Catalogue, Definition, load_catalogue
from quanyu.definitions.parameters import Parameter, Parameters, load_parameters
from quanyu.definitions.schemas import json_schema
from quanyu.definitions.secrets import read_secret
from quanyu.definitions.source import ColumnMap, Feed, IdentifierMap, Source
from quanyu.definitions.sources import load_source, load_sources, profile_names
from quanyu.definitions.strict_yaml import parse_yaml, read_yaml
from quanyu.definitions.workspace import load_workspace

__all__ = [
    "Catalogue",
    "ColumnMap",
    "Definition",
    "Feed",
    "IdentifierMap",
    "Parameter",
    "Parameters",
    "Source",
    "json_schema",
    "load_catalogue",
    "load_parameters",
    "load_source",
    "load_sources",
    "load_workspace",
    "parse_yaml",
    "profile_names",
    "read_secret",
    "read_yaml",
]
