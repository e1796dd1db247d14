"""演示开张 · the county, its logins and its devices, at the first start; the market's day, daily.

Passwords are random for each installation and are shown once, on the terminal. What the simulator
needs (who comes over the crate, the devices' passwords) lies in the data folder.
"""

import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app import installation, welcome
from app.auth import accounts
from app.auth.accounts import Account, Grant
from app.auth.roles import ROLE_LABELS, Role, ScopeKind
from app.config import KEY_MODE, Settings
from app.demo import campaign, cast, cattle_cluster, county, hall, market_day, stock, transport
from app.demo.county import County
from devices import credentials, devices
from devices.edge.outbox import Outbox
from devices.simulator.morning import Walker
from registry import clusters, loading
from traceability import parties
from traceability.animals import Animal, AnimalState
from traceability.base.db import Recording, reading, transaction
from traceability.holdings import Holding
from traceability.parties import Party

Tell = Callable[[str], None]
WEINING = "520526"
SYLLABLES = [a + b for a in "bdfghjkmnpstvwxz" for b in "aeiou"]  # 80 of them: 6 bits each
SYLLABLES_A_PASSWORD = 8


def open_demo(settings: Settings, engine: Engine, *, now: datetime, tell: Tell) -> None:
    """Build the county in an empty database; in its own database, open this day's market."""
    with reading(engine) as session:
        is_empty = session.scalar(select(Party.id).limit(1)) is None
    if is_empty:
        with transaction(engine, recorded_at=now) as session:
            _found(settings, session, now=now, tell=tell)
    if installation.is_demo(engine):
        with transaction(engine, recorded_at=now) as session:
            _open_market(settings, session, now=now, tell=tell)


def _found(settings: Settings, session: Session, *, now: datetime, tell: Tell) -> None:
    tell("建立演示县（数据库为空）…")
    installation.mark_demo(session)
    built = county.build(session, now=now, tell=tell)
    session.info["recording"] = Recording(now)
    tell("装入八个集群的规划…")
    loading.load(session, at=now, by=built.people["office"])
    passwords = _install_devices(session, built.places[cast.MARKET_NAME], now=now)
    _write(_passwords_file(settings), json.dumps(passwords))
    _write(welcome.logins_file(settings), _open_accounts(session, built, now=now))
    _sell_yesterdays(settings, session, built, now=now)
    transport.set_out(session, built, now=now)
    hall.kill_some(session, built, now=now)
    market_day.declare_some(session, market=built.places[cast.MARKET_NAME], now=now)
    market_day.report_one(session, market=built.places[cast.MARKET_NAME], now=now)
    vets = {role: built.people[name] for role, name in VETS_OF_A_CAMPAIGN.items()}
    campaign.begin(session, region=WEINING, now=now, **vets)
    officer, vet = vets["vet"], vets["village_vet"]
    home = built.places[cast.HOUSEHOLDS[0][0]].region_code
    cattle_cluster.begin(session, officer=built.people["officer"], now=now)
    stock.hand_out_lately(session, region_code=home, officer=officer, vet=vet, now=now)


VETS_OF_A_CAMPAIGN = {"vet": "official_vet", "village_vet": "village_vet"}


def _install_devices(session: Session, market: Holding, *, now: datetime) -> dict[str, str]:
    """The market's reader and scale; their passwords."""
    passwords = {}
    for facts in (market_day.READER, market_day.SCALE):
        device = devices.register(
            session,
            facts,
            holding=market.ref,
            crate=market_day.CRATE,
            at=now,
            by=market.keeper.ref,
        )
        passwords[facts.code] = credentials.issue(session, device, at=now, by=market.keeper.ref)
    return passwords


def _open_accounts(session: Session, built: County, *, now: datetime) -> str:
    """One account for each kind of person; what to print of them."""
    people = built.people
    market = Grant(ScopeKind.MARKET, built.places[cast.MARKET_NAME].ref)
    county_wide = Grant(ScopeKind.REGION, WEINING)
    farmer, _ = cast.HOUSEHOLDS[0]
    home = Grant(ScopeKind.REGION, built.places[farmer].region_code)
    programme = tuple(Grant(ScopeKind.CLUSTER, each.key) for each in clusters.every(session))
    wanted: list[tuple[str, Role, Party, tuple[Grant, ...]]] = [
        ("nonghu", Role.FARMER, people[farmer], ()),
        ("cunyi", Role.VILLAGE_VET, people["village_vet"], (home,)),
        ("shouyi", Role.OFFICIAL_VET, people["official_vet"], (county_wide,)),
        ("shichang", Role.MARKET_OPERATOR, people["operator"], (market,)),
        ("jingli", Role.MARKET_MANAGER, people["manager"], (market,)),
        ("shouyin", Role.CASHIER, people["cashier"], (market,)),
        ("maijia", Role.BUYER, people[cast.BUYERS[0]], ()),
        ("tuzai", Role.PROCESSOR, people[cast.ABATTOIR[0]], ()),
        ("jianguan", Role.REGULATOR, people["regulator"], (county_wide,)),
        ("jiqun", Role.CLUSTER_OFFICER, people["officer"], programme),
        ("guanli", Role.ADMINISTRATOR, people["administrator"], ()),
    ]
    for login, role, party, grants in wanted:
        accounts.register(session, login=login, role=role, party=party, at=now, scopes=grants)
    return renew_passwords(session, now=now)


def renew_passwords(session: Session, *, now: datetime) -> str:
    """New passwords for every account of the demonstration; what to print of them."""
    lines = ["演示账号（人物均为虚构；密码为本机随机生成，只显示这一次）："]
    for account in session.scalars(select(Account).order_by(Account.id)):
        password = new_password()
        accounts.set_password(account, password, at=now)
        who = f"{ROLE_LABELS[account.role]} · {account.party.name}"
        lines.append(f"  {account.login:<10} {password}  {who}")
    return "\n".join(lines)


def new_password() -> str:
    """A password that can be read out: 48 random bits or more.

    >>> len(new_password())
    17
    """
    spoken = [secrets.choice(SYLLABLES) for _ in range(SYLLABLES_A_PASSWORD)]
    return "".join(spoken[:4]) + "-" + "".join(spoken[4:])


def _sell_yesterdays(settings: Settings, session: Session, built: County, *, now: datetime) -> None:
    """A few sales of the day before, so that pages of sales and prices are not empty."""
    yesterday = now - timedelta(days=1)
    market, people = built.places[cast.MARKET_NAME], built.people
    herd = market_day.open_market(
        session,
        market=market,
        vet=people["official_vet"],
        operator=people["operator"],
        now=yesterday,
        head=market_day.HEAD_YESTERDAY,
    )
    with closing(Outbox(_outbox_file(settings))) as outbox:  # the simulator counts on from here
        boot = max(outbox.next_boot(each.code) for each in (market_day.SCALE, market_day.READER))
    for number, animal in enumerate(herd):
        market_day.sell(
            session,
            animal,
            market=market,
            buyer=people[cast.BUYERS[number % len(cast.BUYERS)]],
            operator=people["operator"],
            boot=boot,
            at=yesterday + timedelta(minutes=3 * number),
        )
        market_day.take_home(
            session,
            animal,
            to=built.places[cast.FEEDLOT],
            vet=people["official_vet"],
            at=yesterday + timedelta(minutes=3 * number + 1),
        )


def _open_market(settings: Settings, session: Session, *, now: datetime, tell: Tell) -> None:
    market = session.scalars(select(Holding).where(Holding.name == cast.MARKET_NAME)).one()
    herd = market_day.open_market(
        session,
        market=market,
        vet=_person(session, "official_vet"),
        operator=_person(session, "operator"),
        now=now,
    )
    if herd:
        tell(f"今日赶场：{len(herd)} 头牛已检疫入场")
    _write(_animals_file(settings), json.dumps(_walkers(session, market)))


def _person(session: Session, role: str) -> Party:
    found: Sequence[Party] = parties.search(session, cast.STAFF[role], limit=1)
    return found[0]


def _walkers(session: Session, market: Holding) -> list[dict[str, object]]:
    """Who stands in the market, with a plausible weight, for the simulator to lead over."""
    standing = select(Animal).where(
        Animal.holding_id == market.id,
        Animal.state == AnimalState.ALIVE,
        Animal.eid.is_not(None),
    )
    return [
        {"eid": animal.eid, "weight_g": 320_000 + (animal.id * 7_500) % 250_000}
        for animal in session.scalars(standing)
    ]


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the demonstration's devices need to speak."""

    broker: str
    outbox: Path
    passwords: dict[str, str]


def has_equipment(settings: Settings) -> bool:
    """Whether this data folder holds a demonstration's devices."""
    return _passwords_file(settings).exists()


def equipment_of(settings: Settings) -> Equipment:
    """The broker's address, the outbox and the passwords of the crate's devices."""
    host, port = settings.broker_address
    return Equipment(
        broker=f"mqtt://{'127.0.0.1' if host in welcome.EVERYWHERE else host}:{port}",
        outbox=_outbox_file(settings),
        passwords=json.loads(_passwords_file(settings).read_text("utf-8")),
    )


def walkers(settings: Settings) -> list[Walker]:
    """Who stands in the market this morning."""
    rows = json.loads(_animals_file(settings).read_text("utf-8"))
    return [Walker(row["eid"], row["weight_g"]) for row in rows]


def _animals_file(settings: Settings) -> Path:
    return settings.data_dir / "simulator" / "animals.json"


def _passwords_file(settings: Settings) -> Path:
    return settings.data_dir / "simulator" / "passwords.json"


def _outbox_file(settings: Settings) -> Path:
    path = settings.data_dir / "simulator" / "outbox.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _write(path: Path, text: str) -> None:
    """A file that only its owner reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=KEY_MODE)
    path.write_text(text, "utf-8")
