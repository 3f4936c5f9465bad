"""The documented ``data`` of every known event, for type checkers: ``Event[RefreshFinished]``.

Tink adds fields without notice, and its tables and examples differ in places. So a payload may hold more than is named
here (``event.data`` is an ordinary ``dict``), values that enumerate are open, and nothing is checked at run time. Times
are epoch milliseconds unless said otherwise. Amounts are ``Decimal`` where the handler object says
``float_mode="decimal"``.

The shapes are those of docs.tink.com; the community envelope (``credentials.*``, ``provider_consents.*``) has no
documented data, so there all fields are only likely.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Optional, TypedDict, Union

if sys.version_info >= (3, 11):
    from typing import NotRequired
elif TYPE_CHECKING:
    from typing_extensions import NotRequired
else:
    # Annotations are text until somebody asks for them; then this is near enough, and needs no package.
    NotRequired = Optional

__all__ = [
    "Account",
    "AccountBookedTransactionsModified",
    "AccountCreated",
    "AccountIdentifier",
    "AccountTransactionsDeleted",
    "AccountTransactionsModified",
    "AccountUpdated",
    "ActionableInsightsCreated",
    "Credentials",
    "CredentialsStatus",
    "DeletedTransactions",
    "DetailedError",
    "EnrichmentCompleted",
    "ErrorDetails",
    "Insight",
    "InsightAction",
    "MandatePaymentStatus",
    "MandatePaymentUpdated",
    "ModifiedTransactions",
    "Money",
    "Number",
    "OperationSource",
    "PayeeAccount",
    "PayerAccount",
    "PayerInformation",
    "PaymentAccount",
    "PaymentSource",
    "PaymentStatus",
    "PaymentUpdated",
    "ProviderConsent",
    "RefreshFinished",
    "RemittanceInformation",
    "Report",
    "ReportsGenerationCompleted",
    "SettlementAccountUpdated",
    "SettlementPayoutUpdated",
    "SettlementTransactionCreated",
    "UnscaledValue",
]

#: A JSON number: ``int``, ``float``, or ``Decimal`` with ``float_mode="decimal"``.
Number = Union[int, float, Decimal]

#: Some examples print ``STATUS_`` before it. ``TEMPORARY_ERROR`` needs no action of the user, the last two do.
CredentialsStatus = Union[Literal["UPDATED", "TEMPORARY_ERROR", "AUTHENTICATION_ERROR", "SESSION_EXPIRED"], str]
OperationSource = Union[
    Literal["OPERATION_SOURCE_API", "OPERATION_SOURCE_BACKGROUND", "OPERATION_SOURCE_STREAMING"], str
]
#: The terminal statuses of one-time payments, and others.
PaymentStatus = Union[Literal["SENT", "SETTLED", "SETTLED_PAYER", "SETTLED_PAYEE", "FAILED", "CANCELLED"], str]
MandatePaymentStatus = Union[Literal["CANCELLED", "CREATED", "FAILED", "SENT", "SETTLED_PAYEE", "SETTLED_PAYER"], str]


class ErrorDetails(TypedDict):
    """Why a refresh failed, exactly."""

    reason: NotRequired[str]
    retryable: NotRequired[bool]


class DetailedError(TypedDict):
    """Why a refresh failed. ``displayMessage`` may be empty."""

    type: NotRequired[str]
    displayMessage: NotRequired[str]
    details: NotRequired[ErrorDetails]


class RefreshFinished(TypedDict):
    """``refresh:finished``. ``status`` repeats ``credentialsStatus`` and is deprecated."""

    credentialsId: str
    credentialsStatus: CredentialsStatus
    status: CredentialsStatus
    finished: int
    source: NotRequired[OperationSource]
    sessionExpiryDate: NotRequired[int]
    externalUserId: NotRequired[str]
    detailedError: NotRequired[DetailedError]


class Account(TypedDict):
    """The account that transactions belong to."""

    id: str


class ModifiedTransactions(TypedDict):
    """What changed: dates are ``YYYY-MM-DD``."""

    earliestModifiedBookedDate: NotRequired[str]
    latestModifiedBookedDate: NotRequired[str]
    inserted: NotRequired[int]
    updated: NotRequired[int]
    deleted: NotRequired[int]


class AccountTransactionsModified(TypedDict):
    """``account-transactions:modified``."""

    userId: str
    externalUserId: NotRequired[str]
    account: Account
    transactions: NotRequired[ModifiedTransactions]


class AccountBookedTransactionsModified(AccountTransactionsModified):
    """``account-booked-transactions:modified``: the same for booked transactions."""


class DeletedTransactions(TypedDict):
    """The ids of the transactions that were deleted."""

    ids: NotRequired[list[str]]


class AccountTransactionsDeleted(TypedDict):
    """``account-transactions:deleted``."""

    userId: str
    externalUserId: NotRequired[str]
    account: Account
    transactions: NotRequired[DeletedTransactions]


class AccountCreated(TypedDict):
    """``account:created``. The field is not documented; receivers find the account's id in it."""

    id: NotRequired[str]


class AccountUpdated(TypedDict):
    """``account:updated``, as ``account:created``."""

    id: NotRequired[str]


class Report(TypedDict):
    """One report of a bundle: with ``id`` if it was created, with ``error`` if not."""

    type: str
    status: Union[Literal["CREATED", "FAILED"], str]
    id: NotRequired[str]
    error: NotRequired[str]


class ReportsGenerationCompleted(TypedDict):
    """``reports-generation:completed``."""

    reports: list[Report]


class PaymentAccount(TypedDict):
    """The account that money goes to."""

    accountNumber: str
    type: str


class PaymentSource(TypedDict):
    """The account that money comes from."""

    accountNumber: NotRequired[str]
    type: NotRequired[str]
    uri: NotRequired[str]
    payerName: NotRequired[str]


class RemittanceInformation(TypedDict):
    """The reference that goes with a payment."""

    type: str
    value: str


class PayerInformation(TypedDict):
    """Deprecated; with Verified Payments only."""

    name: NotRequired[str]
    accountIdentifier: NotRequired[str]


class PaymentUpdated(TypedDict):
    """``payment:updated``."""

    id: str
    paymentRequestId: str
    amount: Number
    currency: str
    paymentScheme: str
    destination: PaymentAccount
    source: NotRequired[PaymentSource]
    providerName: str
    recipientName: str
    sourceMessage: NotRequired[str]
    status: PaymentStatus
    statusMessage: str
    created: NotRequired[int]
    updated: NotRequired[int]
    remittanceInformation: RemittanceInformation
    metadata: NotRequired[dict[str, str]]
    payerInformation: NotRequired[PayerInformation]


class UnscaledValue(TypedDict):
    """``unscaledValue`` times ten to the power of minus ``scale``. Some of Tink's interfaces print text here."""

    unscaledValue: Union[int, str]
    scale: Union[int, str]


class Money(TypedDict):
    """An amount in a currency."""

    currencyCode: str
    value: UnscaledValue


class PayeeAccount(TypedDict):
    """The account that money goes to. An example prints ``number`` as a JSON number."""

    name: str
    number: Union[str, int]
    type: str


class PayerAccount(TypedDict):
    """The account that money comes from. An example prints ``number`` as a JSON number."""

    holderName: str
    number: Union[str, int]
    type: str


class MandatePaymentUpdated(TypedDict):
    """``mandate-payment:updated``. Its times are ISO 8601."""

    id: str
    consentId: str
    merchantId: NotRequired[str]
    providerId: str
    type: Union[Literal["VRP_COMMERCIAL", "VRP_SWEEPING"], str]
    amount: Money
    status: MandatePaymentStatus
    statusMessage: str
    remittanceInformation: RemittanceInformation
    payeeAccount: PayeeAccount
    payerAccount: PayerAccount
    createdTime: str
    updatedTime: str


class AccountIdentifier(TypedDict):
    """An account on either side of a settlement. Empty text stands for "none"."""

    identifier: str
    type: str


class SettlementTransactionCreated(TypedDict):
    """``settlement-transaction:created``. Empty text stands for "none"."""

    merchantId: str
    accountId: str
    transactionId: str
    amount: Number
    currencyCode: str
    timestamp: int
    reference: NotRequired[str]
    accountBalance: NotRequired[Number]
    paymentRequestId: NotRequired[str]
    payerAccount: NotRequired[AccountIdentifier]
    payeeAccount: NotRequired[AccountIdentifier]
    metadata: NotRequired[dict[str, str]]
    originalTransactionId: NotRequired[str]
    type: str
    refundId: NotRequired[str]
    payerName: NotRequired[str]
    payeeName: NotRequired[str]


class SettlementPayoutUpdated(TypedDict):
    """``settlement-payout:updated``."""

    id: str
    type: str
    merchantId: str
    accountId: str
    appId: NotRequired[str]
    payeeName: NotRequired[str]
    payeeAccount: NotRequired[AccountIdentifier]
    amount: Number
    currencyCode: str
    reference: NotRequired[str]
    metadata: NotRequired[dict[str, str]]
    timestamp: int
    status: Union[Literal["PENDING", "FAILED", "COMPLETED"], str]
    statusMessage: NotRequired[str]


class SettlementAccountUpdated(TypedDict):
    """``settlement-account:updated``."""

    merchantId: str
    accountId: str
    status: Union[Literal["ENABLED", "SUSPENDED", "TERMINATED"], str]


class InsightAction(TypedDict):
    """What a user can do about an insight."""

    label: NotRequired[str]
    data: NotRequired[dict[str, Any]]


class Insight(TypedDict):
    """One insight; what ``data`` holds depends on ``type``."""

    id: str
    userId: NotRequired[str]
    type: str
    title: NotRequired[str]
    description: NotRequired[str]
    createdTime: NotRequired[int]
    data: NotRequired[dict[str, Any]]
    actions: NotRequired[list[InsightAction]]


class ActionableInsightsCreated(TypedDict):
    """``actionable-insights:created``: at least one insight."""

    userId: str
    externalUserId: NotRequired[str]
    insights: list[Insight]


class EnrichmentCompleted(TypedDict):
    """``enrichment-completed``. ``enrichmentCompleted`` is false after a timeout; ``completedAt`` is ISO 8601."""

    appId: str
    userId: str
    batchId: str
    totalTransactions: int
    permittedEnrichments: list[str]
    completedAt: str
    enrichmentCompleted: bool
    batchType: str
    operationId: str


class Credentials(TypedDict):
    """``credentials.updated``, ``credentials.refresh.succeeded``, ``credentials.refresh.failed`` (community)."""

    userId: NotRequired[str]
    externalUserId: NotRequired[str]
    credentialsId: NotRequired[str]
    status: NotRequired[CredentialsStatus]


class ProviderConsent(TypedDict):
    """``provider_consents.created``, ``provider_consents.revoked`` (community)."""

    userId: NotRequired[str]
    externalUserId: NotRequired[str]
    consentId: NotRequired[str]
    providerName: NotRequired[str]
