"""资金台账 · what goes in and out about arrangements, payments and the yearly floor."""

from app.schemas import fields
from app.schemas.common import Answer, PersonOut
from app.schemas.fields import Schema
from registry.clusters import KEY_CHARS_MAX
from registry.funding import (
    PAPER_CHARS_MAX,
    TEXT_CHARS_MAX,
    YEAR_FIRST,
    YEAR_LAST,
    FundSource,
    FundState,
)
from registry.quantities import VALUE_CHARS_MAX
from registry.spending import PaymentKind


class PlanFund(Schema):
    """安排资金."""

    project = fields.Ref("project", load_default=None)
    source = fields.Choice(FundSource, required=True)
    year = fields.Integer(required=True, minimum=YEAR_FIRST, maximum=YEAR_LAST)
    amount = fields.String(required=True, maximum=VALUE_CHARS_MAX, metadata={"example": "300"})
    unit = fields.String(required=True, maximum=10, metadata={"example": "万元"})
    use_key = fields.String(required=True, maximum=KEY_CHARS_MAX)
    purpose = fields.String(required=True, maximum=TEXT_CHARS_MAX)
    document_no = fields.String(required=True, maximum=PAPER_CHARS_MAX)


class PlanFundByProgram(PlanFund):
    """安排资金；下达文件先存为佐证."""

    evidence = fields.Ref("evidence", required=True)


class ReturnFund(Schema):
    """退回资金安排."""

    reason = fields.String(required=True, maximum=TEXT_CHARS_MAX)


class PayFund(Schema):
    """登记拨付或支出."""

    kind = fields.Choice(PaymentKind, required=True)
    amount = fields.String(required=True, maximum=VALUE_CHARS_MAX)
    unit = fields.String(required=True, maximum=10)
    paid_on = fields.Date(required=True)
    voucher_no = fields.String(required=True, maximum=PAPER_CHARS_MAX)
    payee = fields.String(required=True, maximum=PAPER_CHARS_MAX)


class PayFundByProgram(PayFund):
    """登记拨付或支出；凭证先存为佐证."""

    evidence = fields.Ref("evidence", required=True)


class AnnulPayment(Schema):
    """撤销拨付或支出."""

    reason = fields.String(required=True, maximum=TEXT_CHARS_MAX)


class SumsOut(Answer):
    """拨付和支出合计，分."""

    paid_out_fen = fields.Integer()
    spent_fen = fields.Integer()


class FundOut(Answer):
    """资金安排."""

    ref = fields.Ref("fund")
    cluster = fields.Ref("cluster", attribute="cluster.ref")
    project = fields.Ref("project", attribute="project.ref", allow_none=True, dump_default=None)
    source = fields.Choice(FundSource)
    year = fields.Integer()
    amount_fen = fields.Integer()
    use_key = fields.String()
    purpose = fields.String()
    document_no = fields.String()
    state = fields.Choice(FundState)
    by = fields.Nested(PersonOut)
    decided_by = fields.Nested(PersonOut, allow_none=True)
    return_reason = fields.String(allow_none=True)


class FundRowOut(Answer):
    """资金安排和收支."""

    fund = fields.Nested(FundOut)
    sums = fields.Nested(SumsOut)


class PaymentOut(Answer):
    """拨付或支出."""

    ref = fields.Ref("fund_payment")
    fund = fields.Ref("fund", attribute="fund.ref")
    kind = fields.Choice(PaymentKind)
    amount_fen = fields.Integer()
    paid_on = fields.Date()
    voucher_no = fields.String()
    payee = fields.String()
    annulled_at = fields.Instant(allow_none=True)
    annul_reason = fields.String(allow_none=True)


class FundPageOut(FundRowOut):
    """一笔资金安排和它的收支."""

    payments = fields.List(fields.Nested(PaymentOut))


class YearOfClusterOut(Answer):
    """一个集群一年，分."""

    cluster = fields.String()
    arranged_fen = fields.Integer()
    paid_out_fen = fields.Integer()
    spent_fen = fields.Integer()
    guangdong_fen = fields.Integer(metadata={"description": "其中广东财政援助资金"})


class YearOut(Answer):
    """一年."""

    year = fields.Integer()
    clusters = fields.List(fields.Nested(YearOfClusterOut))
    total = fields.Nested(YearOfClusterOut)
    floor_fen = fields.Integer(
        allow_none=True,
        metadata={"description": "方案写明的每年下限；没有写明是每个集群还是合计，两种都列"},
    )


class FundsOut(Answer):
    """资金台账."""

    years = fields.List(fields.Nested(YearOut))
    rows = fields.List(fields.Nested(FundRowOut))
