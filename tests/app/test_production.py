"""Production is the same program: real PostgreSQL, mosquitto and Redis, chosen by environment.

The commands are those of docs/production.md, in its order.
"""

import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from app import installation, worker
from app.auth import second_factor
from app.whoami import now
from devices import credentials, devices
from devices.credentials import Account
from tests.databases import named, run
from tests.devices.postgresql import killable_postgresql, needs_postgresql
from tests.devices.shipped_mosquitto import Mosquitto, needs_mosquitto
from tests.devices.yard import SCALE, SERVER, Edge, answers, free_port, wait_until, weight
from traceability import holdings
from traceability.base.db import make_engine, transaction
from traceability.holdings import HoldingKind
from traceability.parties import Party

REDIS = shutil.which("redis-server")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.mosquitto,
    pytest.mark.redis,
    pytest.mark.timeout(300),
    needs_postgresql,
    needs_mosquitto,
    pytest.mark.skipif(REDIS is None, reason="Redis 未安装（apt-get install redis-server）"),
]
ROOT = Path(__file__).parents[2]
LOGIN, PASSWORD = "13800000000", "小海赶场-四二六"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
SECRET = re.compile(r"data-secret>([A-Z2-7]{32})<")
CODE = re.compile(r"纸质码 (\S+)")


@contextmanager
def redis(folder: Path) -> Iterator[int]:
    """A Redis on a free loopback port that keeps nothing; the port."""
    assert REDIS is not None
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with (folder / "redis.log").open("wb") as log:
        server = subprocess.Popen([REDIS, *options], stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(port))
        yield port
    finally:
        server.kill()
        server.wait(20)


class Browser:
    """What a person's browser does: cookies, pages' own tokens, forms."""

    def __init__(self, base: str) -> None:
        self.base = base
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def get(self, path: str) -> tuple[int, str]:
        return self._open(urllib.request.Request(self.base + path))

    def post(self, page: str, path: str, **form: str) -> tuple[int, str]:
        token = CSRF.findall(self.get(page)[1])[0]
        data = urllib.parse.urlencode({**form, "csrf_token": token}).encode()
        return self._open(urllib.request.Request(self.base + path, data))

    def _open(self, asked: urllib.request.Request) -> tuple[int, str]:
        try:
            with self._opener.open(asked, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""


class Site:
    """One production installation in a folder."""

    def __init__(self, folder: Path, database: str, redis_port: int) -> None:
        self.folder, self.database = folder, database
        self.port = free_port()
        self.engine = make_engine(database)
        keys = folder / "etc"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DATA_DIR"},
            "ENVIRONMENT": "production",
            "DATA_DIR": str(folder / "data"),
            "DATABASE_URL": database.replace("+psycopg", ""),
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{redis_port}/0",
            "RATELIMIT_STORAGE_URI": f"redis://127.0.0.1:{redis_port}/1",
            "PORT": str(self.port),
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "SECRET_KEY_FILE": str(keys / "session.key"),
            "LABEL_KEY_FILE": str(keys / "label.key"),
            "CHAIN_KEY_FILE": str(keys / "chain.key"),
            "CHAIN_ORIGIN": "trace.example.gov.cn/weining",
            "WITNESS_FILE": str(folder / "witness" / "checkpoints.txt"),
        }

    def command(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env={**self.environment, **changes},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def done(self, *arguments: str, **changes: str) -> str:
        result = self.command("app.cli", *arguments, **changes)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    @contextmanager
    def running(self) -> Iterator[Browser]:
        """The supervisor with its parts, until all are ready; ended by SIGTERM."""
        log = self.folder / "supervisor.log"
        with log.open("wb") as out:
            command = [sys.executable, "-m", "app.supervisor"]
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=out, stderr=out
            )
        browser = Browser(self.environment["PUBLIC_URL"])
        try:
            wait_until(lambda: browser.get("/healthz")[0] == 200, seconds=60)
            yield browser
        finally:
            process.terminate()
            assert process.wait(20) == 0, log.read_text()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("production")
    with killable_postgresql() as server, redis(folder) as redis_port:
        run(server.url, "CREATE DATABASE weining")
        site = Site(folder, named(server.url, "weining"), redis_port)
        yield site
        site.engine.dispose()


@pytest.fixture(scope="module")
def founded(site: Site) -> str:
    """The site after the commands of docs/production.md; the administrator's paper code."""
    origin = site.environment["CHAIN_ORIGIN"]
    site.done("make-keys", str(site.folder / "etc"), "--origin", origin)
    site.done("migrate")
    site.done("load")
    told = site.done("first-administrator", "--organisation", "威宁县农业农村局", "--login", LOGIN)
    return CODE.findall(told)[0]  # type: ignore[no-any-return]  # re's lists are of Any


def test_production_runs_from_the_commands_alone(site: Site, founded: str) -> None:
    password = install_scale(site.engine)
    folder = site.folder / "mosquitto"
    folder.mkdir()
    mosquitto = Mosquitto(site.engine, folder)
    word = urllib.parse.quote(SERVER.password)
    site.environment["MQTT_URL"] = f"mqtt://platform:{word}@127.0.0.1:{mosquitto.port}"
    site.done("mqtt-passwords", str(folder / "passwords"))
    mosquitto.start()
    try:
        with site.running() as browser:
            parts = json.loads(browser.get("/healthz")[1])["parts"]
            assert {*parts} >= {"web", "database", "broker", "ingest", "worker", "scheduler"}
            sign_in(browser, founded)
            send_a_weight(site, mosquitto, password)
            wake_the_worker(site)
            assert browser.get("/styleguide")[0] == 404
            wait_until(lambda: count(site.engine, "leaf") > 0)
    finally:
        mosquitto.__exit__()


def install_scale(engine: Engine) -> str:
    """A market with a scale, entered by the operations; the scale's password."""
    at = now()
    with transaction(engine, recorded_at=at) as session:
        office = session.scalars(select(Party)).one()
        market = holdings.register(
            session,
            kind=HoldingKind.MARKET,
            name="小海牲畜交易市场",
            region_code="520526104",
            keeper=office,
            at=at,
            by=office,
        )
        scale = devices.register(
            session, SCALE, holding=market.ref, crate="1号", at=at, by=office.ref
        )
        return credentials.issue(session, scale, at=at, by=office.ref)


def sign_in(browser: Browser, code: str) -> None:
    """Choose a password with the paper code, set up the telephone, come in; and once more."""
    status, page = browser.post(
        "/login/code", "/login/code", login=LOGIN, code=code, password=PASSWORD, again=PASSWORD
    )
    assert status == 200
    secret = SECRET.findall(page)[0]
    assert browser.get("/accounts/")[1].count("密码"), "not yet inside"
    first = second_factor.code_at(secret, now())
    assert browser.post("/login/second", "/login/second", code=first)[0] == 200
    assert "账号" in browser.get("/accounts/")[1]

    again = Browser(browser.base)
    status, page = again.post("/login", "/login", login=LOGIN, password=PASSWORD)
    assert "输入动态码" in page
    assert SECRET.search(page) is None
    status, page = again.post("/login/second", "/login/second", code=first)
    assert status == 422
    assert "已用过" in page


def send_a_weight(site: Site, mosquitto: Mosquitto, password: str) -> None:
    account = Account(SCALE.code, password)
    with Edge(mosquitto.tls_port, account, ca_file=mosquitto.ca_file) as scale:
        assert scale.admitted, scale.answer
        scale.listen()
        scale.send(weight(1, at=now()))
        wait_until(lambda: (1, 1) in scale.stored)
    assert count(site.engine, "reading") == 1


def wake_the_worker(site: Site) -> None:
    worker.celery.close()
    worker.celery.amqp._producer_pool = None  # the queue of an earlier test's folder
    worker.celery.conf.update(
        broker_url=site.environment["CELERY_BROKER_URL"], task_default_queue=worker.QUEUE
    )
    worker.tidy.apply_async(retry=False)
    log = site.folder / "data" / "log" / "worker.log"
    wait_until(lambda: "tidied away" in log.read_text("utf-8"))
    worker.celery.close()


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


@pytest.mark.parametrize("part", [("app.supervisor",), ("app.processes", "ingest")])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"CHAIN_ORIGIN": "demo-weining"}, "CHAIN_ORIGIN 是演示用的名称"),
        ({"SECRET_KEY_FILE": ""}, "正式运行必须设置 SECRET_KEY_FILE（登录会话密钥文件）"),
        ({"LABEL_KEY_FILE": "/nowhere/label.key"}, "密钥文件 /nowhere/label.key 不存在"),
        ({"MQTT_URL": "", "HOST": "0.0.0.0"}, "内置消息代理不得对外开放"),
        ({"SECRET_KEY_FILE": "DEMO"}, "是演示密钥，正式运行请另行生成"),
        ({"DATABASE_URL": "DEMO"}, "数据库里是演示数据，正式运行请另建数据库"),
    ],
)
def test_production_refuses_to_start_and_says_why(
    site: Site, founded: str, part: tuple[str, ...], change: dict[str, str], sentence: str
) -> None:
    assert founded
    demo = {"SECRET_KEY_FILE": demo_key, "DATABASE_URL": demo_database}
    changes = {
        name: demo[name](site) if value == "DEMO" else value for name, value in change.items()
    }

    result = site.command(*part, **changes)

    assert result.returncode == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def demo_key(site: Site) -> str:
    """The session key that a demonstration made for itself."""
    folder = site.folder / "demo"
    site.done("migrate", ENVIRONMENT="demo", DATA_DIR=str(folder), DATABASE_URL="")
    made = "from app import config; config.session_secret(config.load())"
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", made], cwd=ROOT, env=environment, check=True)
    return str(folder / "keys" / "session.key")


def demo_database(site: Site) -> str:
    """A database on the same server that a demonstration has marked as its own."""
    run(site.database, "DROP DATABASE IF EXISTS demo WITH (FORCE)")
    run(site.database, "CREATE DATABASE demo")
    url = named(site.database, "demo")
    site.done("migrate", DATABASE_URL=url)
    engine = make_engine(url)
    with transaction(engine, recorded_at=now()) as session:
        installation.mark_demo(session)
    engine.dispose()
    return url


def test_the_first_administrator_is_made_once_and_a_lost_code_is_replaced(
    site: Site, founded: str
) -> None:
    again = site.done("first-administrator", "--organisation", "威宁县农业农村局", "--login", LOGIN)
    other = site.command(
        "app.cli", "first-administrator", "--organisation", "别的局", "--login", "13900000000"
    )

    assert CODE.findall(again)[0] != founded
    assert other.returncode == 1
    assert "account.has_administrator" in other.stderr
    assert count(site.engine, "account") == 1


def test_keys_are_never_overwritten(site: Site, founded: str) -> None:
    assert founded
    folder = site.folder / "etc"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    told = site.done("make-keys", str(folder), "--origin", "other.example/log")

    assert told.count("已有，未改动") == 3
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
