"""The private pool as its systems export it: chats of WeCom, acts in groups, the log of the member centre."""

from typing import Final

import numpy as np

from quanyu.demo.brand import accounts
from quanyu.demo.brand.persons import People, World
from quanyu.demo.brand.places import ASSOCIATES, GROUPS, associate_code, group_code
from quanyu.demo.brand.pool import IN_CHAT, IN_GROUP, IN_MEMBER_CENTRE, Pool
from quanyu.demo.brand.sink import Layout, Sink
from quanyu.demo.brand.texts import glued, named, number, padded, time_text
from quanyu.demo.brand.trade import taken

CHATS: Final = Layout("wecom_chats", "会话记录", ("会话号", "员工账号", "外部联系人ID", "开始时间", "消息数"))
GROUP_ACTS: Final = Layout("wecom_group_acts", "群活跃", ("记录号", "群ID", "外部联系人ID", "动作", "时间"))
MEMBER_ACTS: Final = Layout("member_acts", "会员中心行为", ("记录号", "会员卡号", "行为", "时间"))


def write_pool(world: World, people: People, pool: Pool, sink: Sink) -> None:
    """Write what happened in the private pool."""
    chats, groups, centre = (taken(pool, np.isin(pool.type, kind)) for kind in (IN_CHAT, IN_GROUP, IN_MEMBER_CENTRE))
    columns = {
        "id": glued("CH", padded(chats.key, 14)),
        "associate": named([associate_code(one) for one in range(ASSOCIATES)], people.associate[chats.at]),
        "contact": accounts.external_userid(people.number[chats.at]),
        "at": time_text(chats.second),
        "messages": number(2 + world.chance.steep("messages of chat", chats.key, 30)),
    }
    sink.write(CHATS, "", columns, chats.key)
    columns = {
        "id": glued("GA", padded(groups.key, 14)),
        "group": named([group_code(one) for one in range(GROUPS)], people.group[groups.at]),
        "contact": accounts.external_userid(people.number[groups.at]),
        "what": named(("发言", "点击", "投票"), groups.type - IN_GROUP[0]),
        "at": time_text(groups.second),
    }
    sink.write(GROUP_ACTS, "", columns, groups.key)
    columns = {
        "id": glued("MA", padded(centre.key, 14)),
        "member": accounts.member_no(people.number[centre.at]),
        "what": named(("签到", "兑换", "任务"), centre.type - IN_MEMBER_CENTRE[0]),
        "at": time_text(centre.second),
    }
    sink.write(MEMBER_ACTS, "", columns, centre.key)
