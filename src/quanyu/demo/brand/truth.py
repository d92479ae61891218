"""The truth beside the workspace: who is who, what was done, what must become of every row, what is wrong."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quanyu.demo.brand import accounts, days, oracle
from quanyu.demo.brand.chance import Ints, Mask
from quanyu.demo.brand.export_people import crm_mobile, registered_twice
from quanyu.demo.brand.export_trade import names_somebody, order_ids
from quanyu.demo.brand.history import Piece, make_history
from quanyu.demo.brand.persons import People, World
from quanyu.demo.brand.places import CHANNELS, CITIES, REGION_CODES, store_code
from quanyu.demo.brand.problems import (
    GROUP,
    RING_ACCOUNTS,
    STORE,
    TOUCHPOINT,
    WEAK_CITY,
    WEAK_REGION,
    WEAK_STORE,
    Lost,
    in_weak_group,
    ring_size,
    touchpoint_id,
)
from quanyu.demo.brand.sink import Sink
from quanyu.demo.brand.texts import Texts, named

FATES: Final = ("received", "stored", "quarantined", "duplicate")


@dataclass(slots=True)
class Truth:
    """Tables of the truth, written piece by piece as Parquet, and its figures (`truth.yaml`)."""

    folder: Path
    writers: dict[str, pq.ParquetWriter] = field(default_factory=dict)
    gaps: Ints = field(default_factory=lambda: np.zeros(2_000, np.int64))
    silent: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)
    orders: Counter[str] = field(default_factory=Counter)
    stages: dict[str, Counter[str]] = field(default_factory=dict)
    losses: list[Lost] = field(default_factory=list)

    def lost(self, lost: Lost) -> None:
        """Note what planted problems took from a piece."""
        self.losses.append(lost)

    def piece(self, world: World, piece: Piece) -> None:
        """Write the truth of a piece."""
        history, seen = make_history(world, piece), make_history(world, piece, only_seen=True)
        self.gaps += oracle.gaps(history)
        since, bought = oracle.silence(history)
        self.silent.append((piece.people.number, since, bought))
        stages = {
            "5r": named(oracle.STAGES_5R, oracle.stage_5r(history)),
            "aipl": named(oracle.STAGES_AIPL, oracle.stage_aipl(history)),
            "fp_layer": named(oracle.LAYERS, oracle.fp_layer(history)),
        }
        of_seen = {
            "5r_seen": named(oracle.STAGES_5R, oracle.stage_5r(seen)),
            "aipl_seen": named(oracle.STAGES_AIPL, oracle.stage_aipl(seen)),
            "fp_layer_seen": named(oracle.LAYERS, oracle.fp_layer(seen)),
        }
        for model, stage in stages.items():
            self.stages.setdefault(model, Counter()).update(stage.to_pylist())
        self._persons(world, piece.people, history.in_capital, {**stages, **of_seen})
        self._identifiers(world, piece.people)
        self._orders(world, piece)

    def close(self, world: World, sink: Sink) -> None:
        """Write what only the whole shows: the life cycle, the fates of the files, the figures."""
        cuts = oracle.thresholds(self.gaps, world.flavour.industry)
        for person, since, bought in self.silent:
            stage = named(oracle.LIFECYCLE, oracle.lifecycle(since, bought, cuts, world.flavour.industry))
            self.stages.setdefault("lifecycle", Counter()).update(stage.to_pylist())
            self._add("lifecycle", {"person": person, "stage": stage})
        files = sorted(sink.fates)
        self._add("fate", {
            "source": [source for source, _ in files],
            "file": [file for _, file in files],
            **{fate: [sink.fates[name][fate] for name in files] for fate in FATES},
        })  # fmt: skip
        for writer in self.writers.values():
            writer.close()
        (self.folder / "truth.yaml").write_text(_yaml(self._figures(world, sink, cuts)), encoding="utf-8")

    def _add(self, table: str, columns: Mapping[str, Any]) -> None:
        rows = pa.table(dict(columns))
        if table not in self.writers:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.writers[table] = pq.ParquetWriter(self.folder / f"{table}.parquet", rows.schema)
        self.writers[table].write_table(rows)

    def _persons(self, world: World, people: People, in_capital: Mask, stages: Mapping[str, Texts]) -> None:
        in_ring = people.number >= world.persons
        ring = np.where(in_ring, (people.number - world.persons) // RING_ACCOUNTS, -1)
        self._add("person", {
            "person": people.number,
            "region": named(REGION_CODES, people.region),
            "store": named([store_code(one) for one in range(24)], people.store),
            "origin": named([one[0] for one in CHANNELS], people.origin),
            "is_member": people.is_member,
            "joined_on": pa.array(days.dates(people.joined), mask=~people.is_member),
            "in_capital": in_capital,
            "ring": pa.array(ring, mask=~in_ring),
            "in_weak_group": in_weak_group(people) & ~in_ring & world.with_problems,
            **stages,
        })  # fmt: skip

    def _identifiers(self, world: World, people: People) -> None:
        who, twice = people.number, registered_twice(world, people)
        mobile, is_family, is_junk = crm_mobile(world, people)
        everybody = np.ones(len(people), np.bool_)
        for kind, space, mask, values, is_own in (
            ("member_id", "", people.is_member, accounts.member_no(who), True),
            ("member_id", "", twice, accounts.second_member_no(who), True),
            ("mobile", "", everybody, accounts.mobile(people.mobile), True),
            ("mobile", "", people.is_member & is_family & ~is_junk, accounts.mobile(mobile), False),
            ("unionid", "own", people.has_mini | people.has_contact | people.follows_account,
             accounts.unionid(who), True),
            ("openid", "own", people.has_mini, accounts.openid(who), True),
            ("openid", "own", people.follows_account, accounts.account_openid(who), True),
            ("external_userid", "own", people.has_contact, accounts.external_userid(who), True),
            ("platform_buyer_id", "taobao", people.has_tmall, accounts.tmall_buyer(who), True),
            ("platform_buyer_id", "youzan", people.has_live, accounts.live_buyer(who), True),
            ("device", "own", everybody, accounts.device(people.device), True),
        ):  # fmt: skip
            rows = int(mask.sum())
            self._add("identifier", {
                "person": who[mask],
                "type": pa.repeat(pa.scalar(kind), rows),
                "namespace": pa.repeat(pa.scalar(space), rows),
                "value": values.filter(pa.array(mask)),
                "is_own": pa.array([is_own] * rows, pa.bool_()),
            })  # fmt: skip

    def _orders(self, world: World, piece: Piece) -> None:
        people, orders = piece.people, piece.orders
        is_named = names_somebody(world, people, orders)
        stored, valid = piece.refused == 0, orders.is_valid
        net = orders.paid_fen - orders.refunded_fen
        self.orders.update(
            orders=len(orders), stored=int(stored.sum()), valid=int(valid.sum()),
            net_fen=int(net[valid].sum()), valid_stored=int((valid & stored).sum()),
            net_fen_stored=int(net[valid & stored].sum()), named=int((is_named & valid & stored).sum()),
        )  # fmt: skip
        self._add("order", {
            "order_id": order_ids(orders),
            "person": people.number[orders.at],
            "local_date": pa.array(days.dates(orders.day)),
            "channel": named([one[0] for one in CHANNELS], orders.channel),
            "net_fen": net,
            "is_valid": valid,
            "is_named": is_named,
            "is_stored": stored,
        })  # fmt: skip

    def _figures(self, world: World, sink: Sink, cuts: tuple[int, int]) -> dict[str, Any]:
        return {
            "brand": {"seed": world.seed, "persons": world.persons, "flavour": world.flavour.code},
            "as_of": days.LAST.isoformat(),
            "rows": {fate: sum(counts[fate] for counts in sink.fates.values()) for fate in FATES},
            "orders": dict(self.orders),
            "lifecycle_days": {"dormant": cuts[0], "lost": cuts[1]},
            "stages": {model: dict(sorted(counts.items())) for model, counts in sorted(self.stages.items())},
            "problems": self._problems(world) if world.with_problems else {},
        }

    def _problems(self, world: World) -> dict[str, Any]:
        since = days.dates(np.array([days.LAST_MONTH])).astype(str)[0]

        def loss(cause: int) -> dict[str, Any]:
            return {"from": str(since), "orders_expected": sum(int(one.expected[cause]) for one in self.losses),
                    "orders_lost": sum(int(one.orders[cause]) for one in self.losses),
                    "lost_fen": sum(int(one.fen[cause]) for one in self.losses)}  # fmt: skip

        accounts_in_rings = ring_size(world)
        return {
            "leaking_touchpoint": {"touchpoint_id": touchpoint_id(), **loss(TOUCHPOINT)},
            "weak_group": {"region": REGION_CODES[WEAK_REGION], "city": CITIES[WEAK_REGION][WEAK_CITY],
                           **loss(GROUP)},
            "weak_store": {"store_id": store_code(WEAK_STORE), **loss(STORE)},
            "fraud_rings": {"rings": accounts_in_rings // RING_ACCOUNTS, "accounts": accounts_in_rings,
                            "accounts_a_ring": RING_ACCOUNTS},
        }  # fmt: skip


def _yaml(figures: Mapping[str, Any], indent: str = "") -> str:
    lines = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            lines.append(f"{indent}{name}:\n{_yaml(value, indent + '  ')}" if value else f"{indent}{name}: {{}}\n")
        else:
            # JSON is YAML: scalars and lists are written as it writes them.
            lines.append(f"{indent}{name}: {json.dumps(value, ensure_ascii=False)}\n")
    return "".join(lines)
