"""Segments in the shapes of the three products: Dittofeed's definition, Unomi's condition, Mautic's filters."""

from typing import Any

DITTOFEED: dict[str, Any] = {
    "id": "9f2c3a52-1b38-4b0b-9a1e-3f5a6f9d7c11",
    "name": "Gold viewers",
    "definition": {
        "entryNode": {"type": "And", "id": "entry", "children": ["tier", "views", "or", "mail"]},
        "nodes": [
            {"type": "Trait", "id": "tier", "path": "tier", "operator": {"type": "Equals", "value": "Gold"}},
            {
                "type": "Performed",
                "id": "views",
                "event": "PRODUCT_VIEW",
                "times": 2,
                "timesOperator": ">=",
                "withinSeconds": 2_592_000,
            },
            {"type": "Or", "id": "or", "children": ["age", "spend", "bucket"]},
            {"type": "Trait", "id": "age", "path": "$.age", "operator": {"type": "GreaterThanOrEqual", "value": 18}},
            {"type": "Trait", "id": "spend", "path": "spend", "operator": {"type": "LessThan", "value": 99.5}},
            {"type": "RandomBucket", "id": "bucket", "percent": 0.25},
            {"type": "Email", "id": "mail", "event": "DFEmailOpened", "templateId": "welcome"},
        ],
    },
}

UNOMI: dict[str, Any] = {
    "itemId": "lapsed",
    "metadata": {"id": "lapsed", "name": "Lapsed viewers", "scope": "shop", "enabled": True},
    "condition": {
        "type": "booleanCondition",
        "parameterValues": {
            "operator": "or",
            "subConditions": [
                {
                    "type": "booleanCondition",
                    "parameterValues": {
                        "operator": "and",
                        "subConditions": [
                            {
                                "type": "profilePropertyCondition",
                                "parameterValues": {
                                    "propertyName": "properties.city",
                                    "comparisonOperator": "notIn",
                                    "propertyValues": ["Paris", "Lyon"],
                                },
                            },
                            {
                                "type": "pastEventCondition",
                                "parameterValues": {
                                    "numberOfDays": 30,
                                    "operator": "eventsNotOccurred",
                                    "eventCondition": {
                                        "type": "eventTypeCondition",
                                        "parameterValues": {"eventTypeId": "productView"},
                                    },
                                },
                            },
                        ],
                    },
                },
                {
                    "type": "notCondition",
                    "parameterValues": {
                        "subCondition": {
                            "type": "profilePropertyCondition",
                            "parameterValues": {
                                "propertyName": "properties.age",
                                "comparisonOperator": "between",
                                "propertyValuesInteger": [18, 60],
                            },
                        }
                    },
                },
                {
                    "type": "scoringCondition",
                    "parameterValues": {"scoringPlanId": "interest", "scoreValue": 5},
                },
            ],
        },
    },
}

MAUTIC: dict[str, Any] = {
    "list": {
        "id": 47,
        "name": "Mr. of two states",
        "alias": "mr-of-two-states",
        "isPublished": True,
        "filters": [
            {"glue": "and", "object": "lead", "type": "lookup", "field": "city", "operator": "=", "filter": "IA"},
            {"glue": "and", "object": "lead", "type": "text", "field": "name", "operator": "!empty", "filter": None},
            {
                "glue": "or",
                "object": "lead",
                "type": "number",
                "field": "age",
                "operator": "gt",
                "properties": {"filter": "30"},
            },
            {
                "glue": "and",
                "object": "behaviors",
                "type": "text",
                "field": "hit_url",
                "operator": "like",
                "filter": "%a%",
            },
            {"glue": "or", "object": "lead", "type": "select", "field": "tier", "operator": "!in", "filter": ["Gold"]},
        ],
    }
}
