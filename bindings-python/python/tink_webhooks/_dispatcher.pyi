"""Types of the dispatcher: ``on`` and ``register_handler`` know the data of every known event."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar, overload

from typing_extensions import TypeAlias

from tink_webhooks import _native
from tink_webhooks._errors import HandlerError
from tink_webhooks._native import Event, _Handler

# From events/ by `make generate`; do not edit. generated: types
from tink_webhooks.types import (
    AccountBookedTransactionsModified,
    AccountCreated,
    AccountTransactionsDeleted,
    AccountTransactionsModified,
    AccountUpdated,
    ActionableInsightsCreated,
    Credentials,
    EnrichmentCompleted,
    MandatePaymentUpdated,
    PaymentUpdated,
    ProviderConsent,
    RefreshFinished,
    ReportsGenerationCompleted,
    SettlementAccountUpdated,
    SettlementPayoutUpdated,
    SettlementTransactionCreated,
)

_RefreshFinished = TypeVar("_RefreshFinished", bound=Callable[[Event[RefreshFinished]], Any])
_AccountTransactionsModified = TypeVar(
    "_AccountTransactionsModified", bound=Callable[[Event[AccountTransactionsModified]], Any]
)
_AccountBookedTransactionsModified = TypeVar(
    "_AccountBookedTransactionsModified", bound=Callable[[Event[AccountBookedTransactionsModified]], Any]
)
_AccountTransactionsDeleted = TypeVar(
    "_AccountTransactionsDeleted", bound=Callable[[Event[AccountTransactionsDeleted]], Any]
)
_AccountCreated = TypeVar("_AccountCreated", bound=Callable[[Event[AccountCreated]], Any])
_AccountUpdated = TypeVar("_AccountUpdated", bound=Callable[[Event[AccountUpdated]], Any])
_ReportsGenerationCompleted = TypeVar(
    "_ReportsGenerationCompleted", bound=Callable[[Event[ReportsGenerationCompleted]], Any]
)
_PaymentUpdated = TypeVar("_PaymentUpdated", bound=Callable[[Event[PaymentUpdated]], Any])
_MandatePaymentUpdated = TypeVar("_MandatePaymentUpdated", bound=Callable[[Event[MandatePaymentUpdated]], Any])
_SettlementTransactionCreated = TypeVar(
    "_SettlementTransactionCreated", bound=Callable[[Event[SettlementTransactionCreated]], Any]
)
_SettlementPayoutUpdated = TypeVar("_SettlementPayoutUpdated", bound=Callable[[Event[SettlementPayoutUpdated]], Any])
_SettlementAccountUpdated = TypeVar("_SettlementAccountUpdated", bound=Callable[[Event[SettlementAccountUpdated]], Any])
_ActionableInsightsCreated = TypeVar(
    "_ActionableInsightsCreated", bound=Callable[[Event[ActionableInsightsCreated]], Any]
)
_EnrichmentCompleted = TypeVar("_EnrichmentCompleted", bound=Callable[[Event[EnrichmentCompleted]], Any])
_Credentials = TypeVar("_Credentials", bound=Callable[[Event[Credentials]], Any])
_ProviderConsent = TypeVar("_ProviderConsent", bound=Callable[[Event[ProviderConsent]], Any])

_RefreshFinishedNames: TypeAlias = Literal["refresh:finished", "refresh_finished"]
_AccountTransactionsModifiedNames: TypeAlias = Literal["account-transactions:modified", "account_transactions_modified"]
_AccountBookedTransactionsModifiedNames: TypeAlias = Literal[
    "account-booked-transactions:modified", "account_booked_transactions_modified"
]
_AccountTransactionsDeletedNames: TypeAlias = Literal["account-transactions:deleted", "account_transactions_deleted"]
_AccountCreatedNames: TypeAlias = Literal["account:created", "account_created"]
_AccountUpdatedNames: TypeAlias = Literal["account:updated", "account_updated"]
_ReportsGenerationCompletedNames: TypeAlias = Literal["reports-generation:completed", "reports_generation_completed"]
_PaymentUpdatedNames: TypeAlias = Literal["payment:updated", "payment_updated"]
_MandatePaymentUpdatedNames: TypeAlias = Literal["mandate-payment:updated", "mandate_payment_updated"]
_SettlementTransactionCreatedNames: TypeAlias = Literal[
    "settlement-transaction:created", "settlement_transaction_created"
]
_SettlementPayoutUpdatedNames: TypeAlias = Literal["settlement-payout:updated", "settlement_payout_updated"]
_SettlementAccountUpdatedNames: TypeAlias = Literal["settlement-account:updated", "settlement_account_updated"]
_ActionableInsightsCreatedNames: TypeAlias = Literal["actionable-insights:created", "actionable_insights_created"]
_EnrichmentCompletedNames: TypeAlias = Literal["enrichment-completed", "enrichment_completed"]
_CredentialsNames: TypeAlias = Literal[
    "credentials.updated",
    "credentials_updated",
    "credentials.refresh.succeeded",
    "credentials_refresh_succeeded",
    "credentials.refresh.failed",
    "credentials_refresh_failed",
]
_ProviderConsentNames: TypeAlias = Literal[
    "provider_consents.created", "provider_consents_created", "provider_consents.revoked", "provider_consents_revoked"
]
# generated: end

_Any = TypeVar("_Any", bound=_Handler)

class Dispatcher(_native.Dispatcher):
    """Runs the handlers of events that were verified elsewhere: for workers, which take events from a queue.

    It has no secret and verifies nothing; a ``WebhookHandler`` is one that also verifies. Make one at start-up and keep
    it; threads may share it. ``Event.deserialize`` makes the events.
    """

    def __init__(self) -> None: ...  # pyright: ignore[reportInconsistentConstructor]
    # From events/ by `make generate`; do not edit. generated: on
    @overload
    def on(
        self, *event_types: _RefreshFinishedNames, allow_unknown: bool = False
    ) -> Callable[[_RefreshFinished], _RefreshFinished]: ...
    @overload
    def on(
        self, *event_types: _AccountTransactionsModifiedNames, allow_unknown: bool = False
    ) -> Callable[[_AccountTransactionsModified], _AccountTransactionsModified]: ...
    @overload
    def on(
        self, *event_types: _AccountBookedTransactionsModifiedNames, allow_unknown: bool = False
    ) -> Callable[[_AccountBookedTransactionsModified], _AccountBookedTransactionsModified]: ...
    @overload
    def on(
        self, *event_types: _AccountTransactionsDeletedNames, allow_unknown: bool = False
    ) -> Callable[[_AccountTransactionsDeleted], _AccountTransactionsDeleted]: ...
    @overload
    def on(
        self, *event_types: _AccountCreatedNames, allow_unknown: bool = False
    ) -> Callable[[_AccountCreated], _AccountCreated]: ...
    @overload
    def on(
        self, *event_types: _AccountUpdatedNames, allow_unknown: bool = False
    ) -> Callable[[_AccountUpdated], _AccountUpdated]: ...
    @overload
    def on(
        self, *event_types: _ReportsGenerationCompletedNames, allow_unknown: bool = False
    ) -> Callable[[_ReportsGenerationCompleted], _ReportsGenerationCompleted]: ...
    @overload
    def on(
        self, *event_types: _PaymentUpdatedNames, allow_unknown: bool = False
    ) -> Callable[[_PaymentUpdated], _PaymentUpdated]: ...
    @overload
    def on(
        self, *event_types: _MandatePaymentUpdatedNames, allow_unknown: bool = False
    ) -> Callable[[_MandatePaymentUpdated], _MandatePaymentUpdated]: ...
    @overload
    def on(
        self, *event_types: _SettlementTransactionCreatedNames, allow_unknown: bool = False
    ) -> Callable[[_SettlementTransactionCreated], _SettlementTransactionCreated]: ...
    @overload
    def on(
        self, *event_types: _SettlementPayoutUpdatedNames, allow_unknown: bool = False
    ) -> Callable[[_SettlementPayoutUpdated], _SettlementPayoutUpdated]: ...
    @overload
    def on(
        self, *event_types: _SettlementAccountUpdatedNames, allow_unknown: bool = False
    ) -> Callable[[_SettlementAccountUpdated], _SettlementAccountUpdated]: ...
    @overload
    def on(
        self, *event_types: _ActionableInsightsCreatedNames, allow_unknown: bool = False
    ) -> Callable[[_ActionableInsightsCreated], _ActionableInsightsCreated]: ...
    @overload
    def on(
        self, *event_types: _EnrichmentCompletedNames, allow_unknown: bool = False
    ) -> Callable[[_EnrichmentCompleted], _EnrichmentCompleted]: ...
    @overload
    def on(
        self, *event_types: _CredentialsNames, allow_unknown: bool = False
    ) -> Callable[[_Credentials], _Credentials]: ...
    @overload
    def on(
        self, *event_types: _ProviderConsentNames, allow_unknown: bool = False
    ) -> Callable[[_ProviderConsent], _ProviderConsent]: ...
    # generated: end
    @overload
    def on(self, *event_types: str, allow_unknown: bool = False) -> Callable[[_Any], _Any]:
        """Decorates a handler: registers it for each of the event types, and returns it unchanged.

        Args:
            event_types: Keys as ``register_handler`` takes them, such as ``"refresh:finished"``.
            allow_unknown: Accept a name that is most likely a typo.

        Raises:
            InvalidConfigError: ``unknown_event_type``: a name is most likely a typo.
            TypeError: Not called with event types, as in ``@hooks.on`` without parentheses.
        """
    # From events/ by `make generate`; do not edit. generated: register
    @overload
    def register_handler(
        self,
        event_type: _RefreshFinishedNames,
        handler: Callable[[Event[RefreshFinished]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _AccountTransactionsModifiedNames,
        handler: Callable[[Event[AccountTransactionsModified]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _AccountBookedTransactionsModifiedNames,
        handler: Callable[[Event[AccountBookedTransactionsModified]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _AccountTransactionsDeletedNames,
        handler: Callable[[Event[AccountTransactionsDeleted]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _AccountCreatedNames,
        handler: Callable[[Event[AccountCreated]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _AccountUpdatedNames,
        handler: Callable[[Event[AccountUpdated]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _ReportsGenerationCompletedNames,
        handler: Callable[[Event[ReportsGenerationCompleted]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _PaymentUpdatedNames,
        handler: Callable[[Event[PaymentUpdated]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _MandatePaymentUpdatedNames,
        handler: Callable[[Event[MandatePaymentUpdated]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _SettlementTransactionCreatedNames,
        handler: Callable[[Event[SettlementTransactionCreated]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _SettlementPayoutUpdatedNames,
        handler: Callable[[Event[SettlementPayoutUpdated]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _SettlementAccountUpdatedNames,
        handler: Callable[[Event[SettlementAccountUpdated]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _ActionableInsightsCreatedNames,
        handler: Callable[[Event[ActionableInsightsCreated]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _EnrichmentCompletedNames,
        handler: Callable[[Event[EnrichmentCompleted]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _CredentialsNames,
        handler: Callable[[Event[Credentials]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    @overload
    def register_handler(
        self,
        event_type: _ProviderConsentNames,
        handler: Callable[[Event[ProviderConsent]], Any],
        *,
        allow_unknown: bool = False,
    ) -> None: ...
    # generated: end
    @overload
    def register_handler(self, event_type: str, handler: _Handler, *, allow_unknown: bool = False) -> None:
        """Registers a handler. Registering it again for the same key changes nothing.

        Args:
            event_type: A wire name (``refresh:finished``) or a snake_case type (``refresh_finished``); ``unknown`` for
                events this library does not know; ``*`` for every event.
            handler: Called with the ``Event``. Coroutine functions need ``handle_webhook_async`` or ``dispatch_async``.
            allow_unknown: Accept a name that is most likely a typo.

        Raises:
            InvalidConfigError: ``unknown_event_type``: the name is most likely a typo.
            TypeError: The handler is not callable, or it is a generator function.
        """
    def dispatch(self, event: Event) -> None:
        """Runs the handlers of an event that was made earlier. No signature is checked.

        All handlers run, in the order of their registration, even if some of them fail.

        Args:
            event: An event from ``construct_event``, ``parse_event`` or ``Event.deserialize``.

        Raises:
            HandlerError: At least one handler failed.
            InvalidConfigError: A handler of this event is a coroutine function. No handler was run.
        """
    async def dispatch_async(self, event: Event) -> None:
        """As ``dispatch``, and awaits what handlers return if it is awaitable.

        Cancelling it cancels the handler that runs; the handlers after it are not run.

        Args:
            event: An event from ``construct_event``, ``parse_event`` or ``Event.deserialize``. No signature is checked.

        Raises:
            HandlerError: At least one handler failed.
        """

def run(handlers: Iterable[_Handler], event: Event, awaited: Callable[[Any], object]) -> list[Exception]:
    """Calls handlers one after another, gives ``awaited`` what they return to be awaited, and returns what failed."""

async def run_async(handlers: Iterable[_Handler], event: Event) -> list[Exception]:
    """As ``run``, and awaits what is returned to be awaited."""

def refuse(result: object) -> None:
    """A synchronous call cannot await: a handler that returned an awaitable has failed, and the awaitable is closed."""

def handler_error(event: Event, errors: list[Exception]) -> HandlerError:
    """The errors of handlers as one."""
