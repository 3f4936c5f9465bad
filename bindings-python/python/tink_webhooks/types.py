# Generated from events/ by `make generate`; do not edit.
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
from typing import TYPE_CHECKING, Any, Literal, Optional, Union

if sys.version_info >= (3, 12):
    from typing import NotRequired, TypedDict
elif TYPE_CHECKING:
    from typing_extensions import NotRequired, TypedDict
else:
    try:
        # pydantic brings it, and takes no other types of this kind before Python 3.12.
        from typing_extensions import NotRequired, TypedDict
    except ImportError:
        import typing
        from typing import TypedDict

        # Annotations are text until somebody asks for them; before 3.11 this is near enough then.
        NotRequired = getattr(typing, "NotRequired", Optional)

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


#: How a refresh ended. ``TEMPORARY_ERROR`` needs no action of the user: refresh again later. ``AUTHENTICATION_ERROR``
#: and ``SESSION_EXPIRED`` need the user. Some of Tink's examples print ``STATUS_`` before the value.
CredentialsStatus = Union[Literal["UPDATED", "TEMPORARY_ERROR", "AUTHENTICATION_ERROR", "SESSION_EXPIRED"], str]
#: What started a refresh.
OperationSource = Union[
    Literal["OPERATION_SOURCE_API", "OPERATION_SOURCE_BACKGROUND", "OPERATION_SOURCE_STREAMING"], str
]
#: The status of a one-time payment. The known values are the terminal ones; there are others.
PaymentStatus = Union[Literal["SENT", "SETTLED", "SETTLED_PAYER", "SETTLED_PAYEE", "FAILED", "CANCELLED"], str]
#: The status of a payment under a mandate.
MandatePaymentStatus = Union[Literal["CREATED", "SENT", "SETTLED_PAYER", "SETTLED_PAYEE", "FAILED", "CANCELLED"], str]


class ErrorDetails(TypedDict):
    """Why a refresh failed, exactly."""

    reason: NotRequired[str]
    """The exact reason."""
    retryable: NotRequired[bool]
    """Whether another refresh may succeed without the user."""


class DetailedError(TypedDict):
    """Why a refresh failed. ``displayMessage`` may be empty."""

    type: NotRequired[
        Union[
            Literal[
                "TINK_SIDE_ERROR",
                "PROVIDER_ERROR",
                "USER_LOGIN_ERROR",
                "AUTHORIZATION_ERROR",
                "ACCOUNT_INFORMATION_ERROR",
            ],
            str,
        ]
    ]
    """The kind of error."""
    displayMessage: NotRequired[str]
    """A text to show to the user. Tink may change its wording."""
    details: NotRequired[ErrorDetails]


class RefreshFinished(TypedDict):
    """``refresh:finished``. A refresh of credentials ended, well or not (Transactions)."""

    credentialsId: str
    """The credentials' id in Tink's API."""
    credentialsStatus: CredentialsStatus
    status: CredentialsStatus
    """Repeats ``credentialsStatus``. Deprecated: read ``credentialsStatus``."""
    finished: int
    """When the refresh ended."""
    source: NotRequired[OperationSource]
    sessionExpiryDate: NotRequired[int]
    """When the session at the bank expires and the user must log in again. 0 stands for "none"."""
    externalUserId: NotRequired[str]
    """The id that your application gave to the user. Only older deliveries have it here, newer ones in ``context``."""
    detailedError: NotRequired[DetailedError]


class Account(TypedDict):
    """The account that transactions belong to."""

    id: str
    """The account's id in Tink's API."""


class ModifiedTransactions(TypedDict):
    """What changed. Dates are ``YYYY-MM-DD``."""

    earliestModifiedBookedDate: NotRequired[str]
    """The first date with a change."""
    latestModifiedBookedDate: NotRequired[str]
    """The last date with a change."""
    inserted: NotRequired[int]
    """How many transactions were added."""
    updated: NotRequired[int]
    """How many transactions were changed."""
    deleted: NotRequired[int]
    """How many transactions were removed."""


class AccountTransactionsModified(TypedDict):
    """``account-transactions:modified``. Transactions of an account were added, changed or removed."""

    userId: str
    """The user's id in Tink's API."""
    externalUserId: NotRequired[str]
    """The id that your application gave to the user, if it gave one."""
    account: Account
    transactions: NotRequired[ModifiedTransactions]


class AccountBookedTransactionsModified(AccountTransactionsModified):
    """``account-booked-transactions:modified``. Booked transactions of an account were added, changed or removed."""


class DeletedTransactions(TypedDict):
    """The ids of the transactions that were deleted."""

    ids: NotRequired[list[str]]
    """The transactions' ids in Tink's API."""


class AccountTransactionsDeleted(TypedDict):
    """``account-transactions:deleted``. Transactions of an account were deleted."""

    userId: str
    """The user's id in Tink's API."""
    externalUserId: NotRequired[str]
    """The id that your application gave to the user, if it gave one."""
    account: Account
    transactions: NotRequired[DeletedTransactions]


class AccountCreated(TypedDict):
    """``account:created``.

    An account was created. The field is not documented. Receivers find the account's id in it.
    """

    id: NotRequired[str]
    """The account's id in Tink's API."""


class AccountUpdated(TypedDict):
    """``account:updated``.

    An account was updated. The field is not documented. Receivers find the account's id in it.
    """

    id: NotRequired[str]
    """The account's id in Tink's API."""


class Report(TypedDict):
    """One report of a bundle: with ``id`` if it was created, with ``error`` if not."""

    type: Union[
        Literal[
            "ACCOUNT_VERIFICATION_REPORT",
            "TRANSACTION_REPORT",
            "INCOME_CHECK_REPORT",
            "EXPENSE_CHECK_REPORT",
            "RISK_INSIGHTS_REPORT",
        ],
        str,
    ]
    """The kind of report."""
    status: Union[Literal["CREATED", "FAILED"], str]
    """Whether the report was created."""
    id: NotRequired[str]
    """The report's id in Tink's API; only of a report that was created."""
    error: NotRequired[str]
    """Why the report was not created."""


class ReportsGenerationCompleted(TypedDict):
    """``reports-generation:completed``.

    Reports were generated, or failed to be (Account Check and the other report products).
    """

    reports: list[Report]
    """The reports of the bundle."""


class PaymentAccount(TypedDict):
    """The account that money goes to."""

    accountNumber: str
    """The account's number."""
    type: str
    """The kind of number."""


class PaymentSource(TypedDict):
    """The account that money comes from."""

    accountNumber: NotRequired[str]
    """The account's number."""
    type: NotRequired[str]
    """The kind of number."""
    uri: NotRequired[str]
    """The account as a URI."""
    payerName: NotRequired[str]
    """The payer's name; with Verified Payments only."""


class RemittanceInformation(TypedDict):
    """The reference that goes with a payment."""

    type: str
    """The kind of reference."""
    value: str
    """The reference itself."""


class PayerInformation(TypedDict):
    """The payer; deprecated, and with Verified Payments only."""

    name: NotRequired[str]
    """The payer's name."""
    accountIdentifier: NotRequired[str]
    """The number of the payer's account."""


class PaymentUpdated(TypedDict):
    """``payment:updated``. A payment reached a terminal status (Payments)."""

    id: str
    """The payment's id in Tink's API."""
    paymentRequestId: str
    """The id of the payment request that your application made."""
    amount: Number
    """The amount, in units of the currency. Do not compute with it as a binary fraction."""
    currency: str
    """ISO 4217 code of the currency."""
    paymentScheme: str
    """How the money is sent."""
    destination: PaymentAccount
    source: NotRequired[PaymentSource]
    providerName: str
    """The payer's bank."""
    recipientName: str
    """Who gets the money."""
    sourceMessage: NotRequired[str]
    """The message on the payer's statement."""
    status: PaymentStatus
    statusMessage: str
    """The status in words."""
    created: NotRequired[int]
    """When the payment was created."""
    updated: NotRequired[int]
    """When the payment last changed."""
    remittanceInformation: RemittanceInformation
    metadata: NotRequired[dict[str, str]]
    """What your application stored with the payment request."""
    payerInformation: NotRequired[PayerInformation]
    """With Verified Payments only. Deprecated: read ``source``."""


class UnscaledValue(TypedDict):
    """``unscaledValue`` times ten to the power of minus ``scale``. Some of Tink's interfaces print text here."""

    unscaledValue: Union[int, str]
    """The digits of the amount."""
    scale: Union[int, str]
    """How many of the digits follow the decimal point."""


class Money(TypedDict):
    """An amount in a currency."""

    currencyCode: str
    """ISO 4217 code of the currency."""
    value: UnscaledValue


class PayeeAccount(TypedDict):
    """The account that money goes to. An example prints ``number`` as a JSON number."""

    name: str
    """The account holder's name."""
    number: Union[str, int]
    """The account's number."""
    type: str
    """The kind of number."""


class PayerAccount(TypedDict):
    """The account that money comes from. An example prints ``number`` as a JSON number."""

    holderName: str
    """The account holder's name."""
    number: Union[str, int]
    """The account's number."""
    type: str
    """The kind of number."""


class MandatePaymentUpdated(TypedDict):
    """``mandate-payment:updated``.

    A payment under a mandate changed (variable recurring payments). Its times are ISO 8601.
    """

    id: str
    """The payment's id in Tink's API."""
    consentId: str
    """The id of the consent that allows the payment."""
    merchantId: NotRequired[str]
    """The id of your merchant at Tink."""
    providerId: str
    """The payer's bank."""
    type: Union[Literal["VRP_COMMERCIAL", "VRP_SWEEPING"], str]
    """The kind of mandate."""
    amount: Money
    status: MandatePaymentStatus
    statusMessage: str
    """The status in words."""
    remittanceInformation: RemittanceInformation
    payeeAccount: PayeeAccount
    payerAccount: PayerAccount
    createdTime: str
    """When the payment was created."""
    updatedTime: str
    """When the payment last changed."""


class AccountIdentifier(TypedDict):
    """An account on either side of a settlement. Empty text stands for "none"."""

    identifier: str
    """The account's number."""
    type: str
    """The kind of number. ``ACCOUNT_IDENTIFIER_TYPE_UNSPECIFIED`` comes with an empty ``identifier``."""


class SettlementTransactionCreated(TypedDict):
    """``settlement-transaction:created``. Money moved on a settlement account. Empty text stands for "none"."""

    merchantId: str
    """The id of your merchant at Tink."""
    accountId: str
    """The settlement account's id."""
    transactionId: str
    """The transaction's id."""
    amount: Number
    """The amount, in units of the currency. Do not compute with it as a binary fraction."""
    currencyCode: str
    """ISO 4217 code of the currency."""
    timestamp: int
    """When the money moved."""
    reference: NotRequired[str]
    """The reference on the transaction."""
    accountBalance: NotRequired[Number]
    """The account's balance afterwards."""
    paymentRequestId: NotRequired[str]
    """The id of the payment request that it belongs to, if any."""
    payerAccount: NotRequired[AccountIdentifier]
    payeeAccount: NotRequired[AccountIdentifier]
    metadata: NotRequired[dict[str, str]]
    """What your application stored with the payment request."""
    originalTransactionId: NotRequired[str]
    """The transaction that this one refunds, if any."""
    type: Union[Literal["PAYIN", "MERCHANT_PAYIN", "EXTERNAL_PAYIN", "SWEEP", "REFUND", "WITHDRAWAL", "TRANSFER"], str]
    """The kind of movement."""
    refundId: NotRequired[str]
    """The refund that it belongs to, if any."""
    payerName: NotRequired[str]
    """Who paid."""
    payeeName: NotRequired[str]
    """Who was paid."""


class SettlementPayoutUpdated(TypedDict):
    """``settlement-payout:updated``. A payout from a settlement account ended."""

    id: str
    """The payout's id."""
    type: str
    """The kind of payout."""
    merchantId: str
    """The id of your merchant at Tink."""
    accountId: str
    """The settlement account's id."""
    appId: NotRequired[str]
    """The id of your app at Tink."""
    payeeName: NotRequired[str]
    """Who is paid."""
    payeeAccount: NotRequired[AccountIdentifier]
    amount: Number
    """The amount, in units of the currency. Do not compute with it as a binary fraction."""
    currencyCode: str
    """ISO 4217 code of the currency."""
    reference: NotRequired[str]
    """The reference on the payout."""
    metadata: NotRequired[dict[str, str]]
    """What your application stored with the payout."""
    timestamp: int
    """When the payout changed."""
    status: Union[Literal["PENDING", "FAILED", "COMPLETED"], str]
    """The payout's status. Only ``FAILED`` and ``COMPLETED`` are announced."""
    statusMessage: NotRequired[str]
    """The status in words; may be empty."""


class SettlementAccountUpdated(TypedDict):
    """``settlement-account:updated``. A settlement account's status changed."""

    merchantId: str
    """The id of your merchant at Tink."""
    accountId: str
    """The settlement account's id."""
    status: Union[Literal["ENABLED", "SUSPENDED", "TERMINATED"], str]
    """The account's status."""


class InsightAction(TypedDict):
    """What a user can do about an insight."""

    label: NotRequired[str]
    """The text of the button."""
    data: NotRequired[dict[str, Any]]
    """What the action does."""


class Insight(TypedDict):
    """One insight; what ``data`` holds depends on ``type``."""

    id: str
    """The insight's id in Tink's API."""
    userId: NotRequired[str]
    """The user's id in Tink's API."""
    type: str
    """The kind of insight."""
    title: NotRequired[str]
    """A title to show to the user, in the user's language."""
    description: NotRequired[str]
    """A text to show to the user, in the user's language."""
    createdTime: NotRequired[int]
    """When the insight was created."""
    data: NotRequired[dict[str, Any]]
    """What the insight is about."""
    actions: NotRequired[list[InsightAction]]
    """What the user can do about it."""


class ActionableInsightsCreated(TypedDict):
    """``actionable-insights:created``. Insights were created (Money Manager)."""

    userId: str
    """The user's id in Tink's API."""
    externalUserId: NotRequired[str]
    """The id that your application gave to the user, if it gave one."""
    insights: list[Insight]
    """The insights; at least one."""


class EnrichmentCompleted(TypedDict):
    """``enrichment-completed``.

    A batch of transactions was enriched (Data Enrichment). The one name without a colon.
    """

    appId: str
    """The id of your app at Tink."""
    userId: str
    """The user's id in Tink's API."""
    batchId: str
    """The batch's id."""
    totalTransactions: int
    """How many transactions the batch holds."""
    permittedEnrichments: list[str]
    """What your app may see of the result."""
    completedAt: str
    """When the batch was done."""
    enrichmentCompleted: bool
    """False after a timeout; some transactions are enriched even then."""
    batchType: str
    """What was done with the transactions."""
    operationId: str
    """The operation's id."""


class Credentials(TypedDict):
    """What the community envelope says of credentials.

    Nothing documents this data, so all of its fields are only likely. It is the data of ``credentials.updated``,
    ``credentials.refresh.succeeded``, ``credentials.refresh.failed``.
    """

    userId: NotRequired[str]
    """The user's id in Tink's API."""
    externalUserId: NotRequired[str]
    """The id that your application gave to the user, if it gave one."""
    credentialsId: NotRequired[str]
    """The credentials' id in Tink's API."""
    status: NotRequired[CredentialsStatus]


class ProviderConsent(TypedDict):
    """What the community envelope says of a provider consent.

    Nothing documents this data, so all of its fields are only likely. It is the data of ``provider_consents.created``,
    ``provider_consents.revoked``.
    """

    userId: NotRequired[str]
    """The user's id in Tink's API."""
    externalUserId: NotRequired[str]
    """The id that your application gave to the user, if it gave one."""
    consentId: NotRequired[str]
    """The consent's id."""
    providerName: NotRequired[str]
    """The provider, usually a bank."""
