"""第二人 · somebody else who signs an act beside the one who is signed in, with their own login.

Asked for a late entry that today's rules would forbid, and for annulling a weight.
"""

from app import config, database, whoami
from app.auth import logins, privileges, second_factor
from app.auth.accounts import Account
from app.auth.refusals import NotSignedIn
from app.auth.sealing import Seal
from app.config import Settings
from traceability.base.errors import RuleViolation
from traceability.parties import Party

REFUSED = "second_person.refused"


def sign(login: str, password: str, code: str, *, permission: str, settings: Settings) -> Party:
    """The party of the second person, who must have a permission and be somebody else.

    A wrong password or code counts towards the lock of that login name.

    Raises:
        RuleViolation: `second_person.refused`.
        TooOften: `login.locked`.
    """
    session, at = database.session(), whoami.now()
    try:
        found = logins.authenticate(session, login=login, password=password, at=at)
        if second_factor.is_due(found, is_production=settings.is_production):
            seal = Seal(config.sealing_secrets(settings))
            second_factor.accept(session, found, code, seal=seal, at=at)
    except (NotSignedIn, RuleViolation) as refusal:
        session.rollback()  # lets the count be written at once, in a transaction of its own
        with database.writing(at) as short:
            logins.count_failure(short, login=login, at=at)
        raise RuleViolation(REFUSED, "第二人的登录名、密码或动态码不对") from refusal
    _require_other(found, permission)
    return found.party


def _require_other(found: Account, permission: str) -> None:
    me = whoami.account()
    if found.id == me.account_id or found.party.ref == me.party:
        raise RuleViolation(REFUSED, "第二人须是另一个人，请换一个人核实")
    if not privileges.allowed(found.role, permission):
        raise RuleViolation(REFUSED, "第二人的账号没有这项权限，请换有权限的人核实")
