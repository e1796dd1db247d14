"""后台任务 · Celery: when, not what.

A task is only a wake-up: it may be lost, come twice or come late. What is to be done stands in the
database, and a sweep on the schedule finds whatever no task has done. Embedded, the queue is a
folder; in production `CELERY_BROKER_URL` names Redis or RabbitMQ. A task takes ids, never objects,
and keeps no result.
"""

import logging
from functools import cache
from pathlib import Path

from celery import Celery
from kombu.exceptions import OperationalError
from sqlalchemy import Engine

from app import config
from app.config import Settings
from app.epcis.running import run_all as take_in_captures
from app.importing import running
from app.keeping import daily, retention
from app.labels import batches
from app.notices import deliveries, due, feed, providers
from app.whoami import now
from traceability.base.db import make_engine, transaction

QUEUE = "platform"
THREADS = 2
POLL_S = 0.2  # Celery's default of one second is felt
HOUR_S = 3600.0
SWEEP_S = 60.0
TELL_S = 10.0  # what the log says reaches people this soon
CAPTURE_S = 3.0  # a large EPCIS document begins to be taken in this soon
logger = logging.getLogger(__name__)

celery = Celery(QUEUE)


def connect(settings: Settings) -> Celery:
    """Give Celery its broker and schedule. The web service does it too, to send wake-ups."""
    embedded = settings.celery_broker_url.startswith("filesystem:")
    celery.conf.update(
        broker_url=settings.celery_broker_url,
        broker_transport_options=_folders(settings.data_dir / "queue") if embedded else {},
        broker_connection_retry_on_startup=True,
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        timezone="Asia/Shanghai",
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        beat_schedule=_schedule(),
    )
    return celery


def _schedule() -> dict[str, dict[str, object]]:
    """How often each task comes; one that is late is dropped, for the next one is on its way."""
    often = {
        imports: (SWEEP_S, SWEEP_S),
        labels: (SWEEP_S, SWEEP_S),
        nightly_backup: (HOUR_S / 2, HOUR_S),
        tidy: (HOUR_S, HOUR_S),
        tell: (TELL_S, TELL_S),
        send: (TELL_S, TELL_S),
        capture: (CAPTURE_S, CAPTURE_S),
    }
    return {
        task.name: {"task": task.name, "schedule": every, "options": {"expires": expires}}
        for task, (every, expires) in often.items()
    }


def _folders(queue: Path) -> dict[str, object]:
    """Where the embedded queue keeps its messages: one folder, read and written."""
    control = queue / "control"
    control.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(queue),
        "data_folder_out": str(queue),
        "control_folder": str(control),
        "store_processed": False,
        "polling_interval": POLL_S,
    }


@celery.task(name="tidy")
def tidy() -> None:
    """Every hour: forget what may be forgotten. Safe to run twice."""
    at = now()
    with transaction(_engine(), recorded_at=at) as session:
        gone = retention.tidy(session, config.load(), at=at)
    logger.info("tidied away: %s", gone)


@celery.task(name="imports")
def imports() -> None:
    """Every minute: go on with imports that wait or whose worker was killed. Safe to run twice."""
    running.work_on_all(config.load(), _engine(), now=now)


def wake_imports(settings: Settings) -> None:
    """Have an import begun at once; if the queue is away, the sweep finds it within a minute."""
    connect(settings)
    try:
        imports.apply_async(retry=False)
    except (OperationalError, OSError):
        logger.warning("the queue is away; the sweep will find the import")


@celery.task(name="labels")
def labels() -> None:
    """Every minute: go on with labels that are ordered and not printed. Safe to run twice."""
    batches.work_on_all(config.load(), _engine(), now=now)


def wake_labels(settings: Settings) -> None:
    """Have labels printed at once; if the queue is away, the sweep does it within a minute."""
    connect(settings)
    try:
        labels.apply_async(retry=False)
    except (OperationalError, OSError):
        logger.warning("the queue is away; the sweep will find the labels")


@celery.task(name="backup")
def nightly_backup() -> None:
    """Every half an hour: today's backup, once it is due. Safe to run twice."""
    daily.take_if_due(config.load(), _engine(), at=now())


@celery.task(name="epcis-capture")
def capture() -> None:
    """Every few seconds: go on with EPCIS documents that wait. Safe to run twice."""
    if done := take_in_captures(_engine(), now()):
        logger.info("worked on %s captures", done)


@celery.task(name="notices")
def tell() -> None:
    """Every few seconds: tell people what the log says, and once a day what is due."""
    at = now()
    with transaction(_engine(), recorded_at=at) as session:
        read = feed.step(session, at=at)
        told = due.scan_if_due(session, at=at)
    if read or told:
        logger.info("read %s leaves, told of %s things due", read, told)


@celery.task(name="deliveries")
def send() -> None:
    """Every few seconds: send what people want by SMS or WeChat. Safe to run twice."""
    settings = config.load()
    chosen = providers.adapters(settings, now=now)
    sent = deliveries.send_all(_engine(), chosen, public_url=settings.public_url, now=now)
    if sent:
        logger.info("handed over %s messages", sent)


@cache
def _engine() -> Engine:
    """The worker's own engine, made when the first task needs it."""
    return make_engine(config.load().database_url)


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM; threads on the embedded queue, processes in production."""
    embedded = settings.celery_broker_url.startswith("filesystem:")
    pool = "threads" if embedded else "prefork"
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    connect(settings).worker_main(
        ["worker", f"--pool={pool}", f"--concurrency={THREADS}", "--loglevel=INFO", *quiet]
    )


def run_scheduler(settings: Settings) -> None:
    """Send what is due until SIGTERM. Nothing is remembered: every entry is safe to repeat."""
    connect(settings).start(["beat", "--scheduler=celery.beat.Scheduler", "--loglevel=INFO"])
