"""Every path of every SDK has one owner; preflights hear what browsers ask for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collect.recorder import request
from quanyu.collect.routes import FAMILIES, MAX_BODY_BYTES, cors_headers, find, preflight_headers

PATHS = [
    *(("POST", f"/v1/{letter}", "segment") for letter in "tipsgab"),
    ("POST", "/v1/batch", "segment"),
    ("GET", "/v1/projects/key/settings", "segment"),
    *(("POST", f"/v1/{name}", "rudderstack") for name in ("track", "identify", "page", "screen", "group", "alias")),
    ("POST", "/beacon/v1/batch", "rudderstack"),
    ("GET", "/sourceConfig/", "rudderstack"),
    ("POST", "/sa", "sensors"),
    ("GET", "/sa.gif", "sensors"),
    ("POST", "/debug", "sensors"),
    ("POST", "/up", "analysys"),
    ("GET", "/up", "analysys"),
    ("POST", "/v3/projects/p1/collect", "growingio"),
    ("GET", "/v3/projects/p1/collect", "growingio"),
    ("POST", "/projects/p1/collect/item", "growingio"),
    ("POST", "/batch/", "posthog"),
    ("POST", "/e/", "posthog"),
    ("POST", "/i/v1/analytics/events", "posthog"),
    ("POST", "/flags/", "posthog"),
    ("GET", "/array/key/config", "posthog"),
    ("GET", "/array/key/config.js", "posthog"),
    ("POST", "/com.snowplowanalytics.snowplow/tp2", "snowplow"),
    ("GET", "/i", "snowplow"),
    ("POST", "/collect/pos-east", "webhook"),
]


@pytest.mark.parametrize(("method", "path", "name"), PATHS)
def test_every_path_of_the_sdks_has_one_owner(method: str, path: str, name: str):
    assert [family.name for family in FAMILIES if family.owns(method, path)] == [name]
    found = find(method, path)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("DELETE", "/v1/batch"), ("GET", "/v1/batch"), ("POST", "/collect/a/b"), ("POST", "/api/v1/runs")],
)
def test_what_is_nobodys_has_no_owner(method: str, path: str):
    assert find(method, path) is None


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/v1/t", "authorization"),
        ("/v1/track", "anonymousid,authorization,content-type,sentat"),
        ("/com.snowplowanalytics.snowplow/tp2", "content-type,sp-anonymous"),
        ("/i/v1/analytics/events", "authorization,content-type,posthog-attempt,posthog-request-id"),
    ],
)
def test_a_preflight_hears_all_it_asks_for_with_its_own_origin(path: str, asked: str):
    told = preflight_headers(path, "https://shop.example")
    assert told is not None
    assert told["access-control-allow-origin"] == "https://shop.example"
    assert told["access-control-allow-credentials"] == "true"
    assert told["access-control-max-age"] == "7200"
    assert told["vary"] == "Origin"
    assert set(asked.split(",")) <= set(told["access-control-allow-headers"].split(", "))
    assert "POST" in told["access-control-allow-methods"]
    assert cors_headers("https://shop.example").items() <= told.items()


def test_no_preflight_for_what_is_nobodys():
    assert preflight_headers("/nobody", "https://shop.example") is None


def test_the_largest_batch_of_posthog_fits():
    assert MAX_BODY_BYTES >= 5 * 1024 * 1024 + 900 * 1024


def test_settings_are_only_for_their_paths():
    for method, path, _ in PATHS:
        family = find(method, path)
        assert family is not None
        told = family.setting(request(path=path, method=method, host="c.example"), "key")
        is_setting = any(word in path for word in ("settings", "sourceConfig", "config", "flags"))
        assert (told is not None) == is_setting
        assert told is None or told.status == 200


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([(method, path) for method, path, _ in PATHS]), st.binary(max_size=80), st.text(max_size=40))
def test_nothing_any_family_is_sent_raises(place: tuple[str, str], body: bytes, query: str):
    came = request(body, place[1], method=place[0], query=query, authorization=query)
    family = find(*place)
    assert family is not None
    family.write_key(came)
    family.decode(came)
    # The debug consumer of 神策 is to hear of what is wrong; no other sender ever is.
    assert family.answer(came).status in ((200, 400) if place[1] == "/debug" else (200, 204))
