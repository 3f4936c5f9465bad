// Generated from events/ by `make generate`; do not edit.
/**
 * The documented `data` of every known event. The shapes are those of docs.tink.com; the community envelope
 * (`credentials.*`, `provider_consents.*`) has no documented data, so there all fields are only likely.
 *
 * Nothing is checked at run time. Tink adds fields and values without notice, and its tables and examples differ in
 * places: enumerations are open, and a field that is not named here is in the object all the same (declare it by
 * augmenting the interface, or read it from `event.raw`). Times are epoch milliseconds unless said otherwise.
 */

/** One of the named values, or one that Tink adds later. */
export type Open<Known extends string> = Known | (string & {});

/**
 * How a refresh ended. `TEMPORARY_ERROR` needs no action of the user: refresh again later. `AUTHENTICATION_ERROR` and
 * `SESSION_EXPIRED` need the user. Some of Tink's examples print `STATUS_` before the value.
 */
export type CredentialsStatus = Open<"UPDATED" | "TEMPORARY_ERROR" | "AUTHENTICATION_ERROR" | "SESSION_EXPIRED">;

/** What started a refresh. */
export type OperationSource = Open<
  "OPERATION_SOURCE_API" | "OPERATION_SOURCE_BACKGROUND" | "OPERATION_SOURCE_STREAMING"
>;

/** Why a refresh failed. `displayMessage` may be empty. */
export interface DetailedError {
  /** The kind of error. */
  type?: Open<
    "TINK_SIDE_ERROR" | "PROVIDER_ERROR" | "USER_LOGIN_ERROR" | "AUTHORIZATION_ERROR" | "ACCOUNT_INFORMATION_ERROR"
  >;
  /** A text to show to the user. Tink may change its wording. */
  displayMessage?: string;
  /** Why a refresh failed, exactly. */
  details?: {
    /** The exact reason. */
    reason?: string;
    /** Whether another refresh may succeed without the user. */
    retryable?: boolean;
  };
}

/** `refresh:finished`. A refresh of credentials ended, well or not (Transactions). */
export interface RefreshFinished {
  /** The credentials' id in Tink's API. */
  credentialsId: string;
  /**
   * How a refresh ended. `TEMPORARY_ERROR` needs no action of the user: refresh again later. `AUTHENTICATION_ERROR` and
   * `SESSION_EXPIRED` need the user. Some of Tink's examples print `STATUS_` before the value.
   */
  credentialsStatus: CredentialsStatus;
  /**
   * Repeats `credentialsStatus`.
   *
   * @deprecated Read `credentialsStatus`.
   */
  status: CredentialsStatus;
  /** When the refresh ended. */
  finished: number;
  /** What started a refresh. */
  source?: OperationSource;
  /** When the session at the bank expires and the user must log in again. 0 stands for "none". */
  sessionExpiryDate?: number;
  /** The id that your application gave to the user. Only older deliveries have it here, newer ones in `context`. */
  externalUserId?: string;
  /** Why a refresh failed. `displayMessage` may be empty. */
  detailedError?: DetailedError;
}

/** `account-transactions:modified`. Transactions of an account were added, changed or removed. */
export interface AccountTransactionsModified {
  /** The user's id in Tink's API. */
  userId: string;
  /** The id that your application gave to the user, if it gave one. */
  externalUserId?: string;
  /** The account that transactions belong to. */
  account: {
    /** The account's id in Tink's API. */
    id: string;
  };
  /** What changed. Dates are `YYYY-MM-DD`. */
  transactions?: {
    /** The first date with a change. */
    earliestModifiedBookedDate?: string;
    /** The last date with a change. */
    latestModifiedBookedDate?: string;
    /** How many transactions were added. */
    inserted?: number;
    /** How many transactions were changed. */
    updated?: number;
    /** How many transactions were removed. */
    deleted?: number;
  };
}

/** `account-booked-transactions:modified`. Booked transactions of an account were added, changed or removed. */
export interface AccountBookedTransactionsModified extends AccountTransactionsModified {}

/** `account-transactions:deleted`. Transactions of an account were deleted. */
export interface AccountTransactionsDeleted {
  /** The user's id in Tink's API. */
  userId: string;
  /** The id that your application gave to the user, if it gave one. */
  externalUserId?: string;
  /** The account that transactions belong to. */
  account: {
    /** The account's id in Tink's API. */
    id: string;
  };
  /** The ids of the transactions that were deleted. */
  transactions?: {
    /** The transactions' ids in Tink's API. */
    ids?: string[];
  };
}

/** `account:created`. An account was created. The field is not documented. Receivers find the account's id in it. */
export interface AccountCreated {
  /** The account's id in Tink's API. */
  id?: string;
}

/** `account:updated`. An account was updated. The field is not documented. Receivers find the account's id in it. */
export interface AccountUpdated {
  /** The account's id in Tink's API. */
  id?: string;
}

/** One report of a bundle: with `id` if it was created, with `error` if not. */
export interface Report {
  /** The kind of report. */
  type: Open<
    | "ACCOUNT_VERIFICATION_REPORT"
    | "TRANSACTION_REPORT"
    | "INCOME_CHECK_REPORT"
    | "EXPENSE_CHECK_REPORT"
    | "RISK_INSIGHTS_REPORT"
  >;
  /** Whether the report was created. */
  status: Open<"CREATED" | "FAILED">;
  /** The report's id in Tink's API; only of a report that was created. */
  id?: string;
  /** Why the report was not created. */
  error?: string;
}

/**
 * `reports-generation:completed`. Reports were generated, or failed to be (Account Check and the other report
 * products).
 */
export interface ReportsGenerationCompleted {
  /** The reports of the bundle. */
  reports: Report[];
}

/** The status of a one-time payment. The known values are the terminal ones; there are others. */
export type PaymentStatus = Open<"SENT" | "SETTLED" | "SETTLED_PAYER" | "SETTLED_PAYEE" | "FAILED" | "CANCELLED">;

/** The reference that goes with a payment. */
export interface RemittanceInformation {
  /** The kind of reference. */
  type: string;
  /** The reference itself. */
  value: string;
}

/** `payment:updated`. A payment reached a terminal status (Payments). */
export interface PaymentUpdated {
  /** The payment's id in Tink's API. */
  id: string;
  /** The id of the payment request that your application made. */
  paymentRequestId: string;
  /** The amount, in units of the currency. Do not compute with it as a binary fraction. */
  amount: number;
  /** ISO 4217 code of the currency. */
  currency: string;
  /** How the money is sent. */
  paymentScheme: string;
  /** The account that money goes to. */
  destination: {
    /** The account's number. */
    accountNumber: string;
    /** The kind of number. */
    type: string;
  };
  /** The account that money comes from. */
  source?: {
    /** The account's number. */
    accountNumber?: string;
    /** The kind of number. */
    type?: string;
    /** The account as a URI. */
    uri?: string;
    /** The payer's name; with Verified Payments only. */
    payerName?: string;
  };
  /** The payer's bank. */
  providerName: string;
  /** Who gets the money. */
  recipientName: string;
  /** The message on the payer's statement. */
  sourceMessage?: string;
  /** The status of a one-time payment. The known values are the terminal ones; there are others. */
  status: PaymentStatus;
  /** The status in words. */
  statusMessage: string;
  /** When the payment was created. */
  created?: number;
  /** When the payment last changed. */
  updated?: number;
  /** The reference that goes with a payment. */
  remittanceInformation: RemittanceInformation;
  /** What your application stored with the payment request. */
  metadata?: Record<string, string>;
  /**
   * With Verified Payments only.
   *
   * @deprecated Read `source`.
   */
  payerInformation?: {
    /** The payer's name. */
    name?: string;
    /** The number of the payer's account. */
    accountIdentifier?: string;
  };
}

/** The status of a payment under a mandate. */
export type MandatePaymentStatus = Open<
  "CREATED" | "SENT" | "SETTLED_PAYER" | "SETTLED_PAYEE" | "FAILED" | "CANCELLED"
>;

/**
 * `mandate-payment:updated`. A payment under a mandate changed (variable recurring payments). Its times are ISO 8601.
 */
export interface MandatePaymentUpdated {
  /** The payment's id in Tink's API. */
  id: string;
  /** The id of the consent that allows the payment. */
  consentId: string;
  /** The id of your merchant at Tink. */
  merchantId?: string;
  /** The payer's bank. */
  providerId: string;
  /** The kind of mandate. */
  type: Open<"VRP_COMMERCIAL" | "VRP_SWEEPING">;
  /** An amount in a currency. */
  amount: {
    /** ISO 4217 code of the currency. */
    currencyCode: string;
    /** `unscaledValue` times ten to the power of minus `scale`. Some of Tink's interfaces print text here. */
    value: {
      /** The digits of the amount. */
      unscaledValue: number | string;
      /** How many of the digits follow the decimal point. */
      scale: number | string;
    };
  };
  /** The status of a payment under a mandate. */
  status: MandatePaymentStatus;
  /** The status in words. */
  statusMessage: string;
  /** The reference that goes with a payment. */
  remittanceInformation: RemittanceInformation;
  /** The account that money goes to. An example prints `number` as a JSON number. */
  payeeAccount: {
    /** The account holder's name. */
    name: string;
    /** The account's number. */
    number: string | number;
    /** The kind of number. */
    type: string;
  };
  /** The account that money comes from. An example prints `number` as a JSON number. */
  payerAccount: {
    /** The account holder's name. */
    holderName: string;
    /** The account's number. */
    number: string | number;
    /** The kind of number. */
    type: string;
  };
  /** When the payment was created. */
  createdTime: string;
  /** When the payment last changed. */
  updatedTime: string;
}

/** An account on either side of a settlement. Empty text stands for "none". */
export interface AccountIdentifier {
  /** The account's number. */
  identifier: string;
  /** The kind of number. `ACCOUNT_IDENTIFIER_TYPE_UNSPECIFIED` comes with an empty `identifier`. */
  type: string;
}

/** `settlement-transaction:created`. Money moved on a settlement account. Empty text stands for "none". */
export interface SettlementTransactionCreated {
  /** The id of your merchant at Tink. */
  merchantId: string;
  /** The settlement account's id. */
  accountId: string;
  /** The transaction's id. */
  transactionId: string;
  /** The amount, in units of the currency. Do not compute with it as a binary fraction. */
  amount: number;
  /** ISO 4217 code of the currency. */
  currencyCode: string;
  /** When the money moved. */
  timestamp: number;
  /** The reference on the transaction. */
  reference?: string;
  /** The account's balance afterwards. */
  accountBalance?: number;
  /** The id of the payment request that it belongs to, if any. */
  paymentRequestId?: string;
  /** An account on either side of a settlement. Empty text stands for "none". */
  payerAccount?: AccountIdentifier;
  /** An account on either side of a settlement. Empty text stands for "none". */
  payeeAccount?: AccountIdentifier;
  /** What your application stored with the payment request. */
  metadata?: Record<string, string>;
  /** The transaction that this one refunds, if any. */
  originalTransactionId?: string;
  /** The kind of movement. */
  type: Open<"PAYIN" | "MERCHANT_PAYIN" | "EXTERNAL_PAYIN" | "SWEEP" | "REFUND" | "WITHDRAWAL" | "TRANSFER">;
  /** The refund that it belongs to, if any. */
  refundId?: string;
  /** Who paid. */
  payerName?: string;
  /** Who was paid. */
  payeeName?: string;
}

/** `settlement-payout:updated`. A payout from a settlement account ended. */
export interface SettlementPayoutUpdated {
  /** The payout's id. */
  id: string;
  /** The kind of payout. */
  type: string;
  /** The id of your merchant at Tink. */
  merchantId: string;
  /** The settlement account's id. */
  accountId: string;
  /** The id of your app at Tink. */
  appId?: string;
  /** Who is paid. */
  payeeName?: string;
  /** An account on either side of a settlement. Empty text stands for "none". */
  payeeAccount?: AccountIdentifier;
  /** The amount, in units of the currency. Do not compute with it as a binary fraction. */
  amount: number;
  /** ISO 4217 code of the currency. */
  currencyCode: string;
  /** The reference on the payout. */
  reference?: string;
  /** What your application stored with the payout. */
  metadata?: Record<string, string>;
  /** When the payout changed. */
  timestamp: number;
  /** The payout's status. Only `FAILED` and `COMPLETED` are announced. */
  status: Open<"PENDING" | "FAILED" | "COMPLETED">;
  /** The status in words; may be empty. */
  statusMessage?: string;
}

/** `settlement-account:updated`. A settlement account's status changed. */
export interface SettlementAccountUpdated {
  /** The id of your merchant at Tink. */
  merchantId: string;
  /** The settlement account's id. */
  accountId: string;
  /** The account's status. */
  status: Open<"ENABLED" | "SUSPENDED" | "TERMINATED">;
}

/** One insight; what `data` holds depends on `type`. */
export interface Insight {
  /** The insight's id in Tink's API. */
  id: string;
  /** The user's id in Tink's API. */
  userId?: string;
  /** The kind of insight. */
  type: string;
  /** A title to show to the user, in the user's language. */
  title?: string;
  /** A text to show to the user, in the user's language. */
  description?: string;
  /** When the insight was created. */
  createdTime?: number;
  /** What the insight is about. */
  data?: Record<string, unknown>;
  /** What the user can do about it. */
  actions?: {
    /** The text of the button. */
    label?: string;
    /** What the action does. */
    data?: Record<string, unknown>;
  }[];
}

/** `actionable-insights:created`. Insights were created (Money Manager). */
export interface ActionableInsightsCreated {
  /** The user's id in Tink's API. */
  userId: string;
  /** The id that your application gave to the user, if it gave one. */
  externalUserId?: string;
  /** The insights; at least one. */
  insights: Insight[];
}

/** `enrichment-completed`. A batch of transactions was enriched (Data Enrichment). The one name without a colon. */
export interface EnrichmentCompleted {
  /** The id of your app at Tink. */
  appId: string;
  /** The user's id in Tink's API. */
  userId: string;
  /** The batch's id. */
  batchId: string;
  /** How many transactions the batch holds. */
  totalTransactions: number;
  /** What your app may see of the result. */
  permittedEnrichments: string[];
  /** When the batch was done. */
  completedAt: string;
  /** False after a timeout; some transactions are enriched even then. */
  enrichmentCompleted: boolean;
  /** What was done with the transactions. */
  batchType: string;
  /** The operation's id. */
  operationId: string;
}

/**
 * What the community envelope says of credentials. Nothing documents this data, so all of its fields are only likely.
 * It is the data of `credentials.updated`, `credentials.refresh.succeeded`, `credentials.refresh.failed`.
 */
export interface Credentials {
  /** The user's id in Tink's API. */
  userId?: string;
  /** The id that your application gave to the user, if it gave one. */
  externalUserId?: string;
  /** The credentials' id in Tink's API. */
  credentialsId?: string;
  /**
   * How a refresh ended. `TEMPORARY_ERROR` needs no action of the user: refresh again later. `AUTHENTICATION_ERROR` and
   * `SESSION_EXPIRED` need the user. Some of Tink's examples print `STATUS_` before the value.
   */
  status?: CredentialsStatus;
}

/**
 * What the community envelope says of a provider consent. Nothing documents this data, so all of its fields are only
 * likely. It is the data of `provider_consents.created`, `provider_consents.revoked`.
 */
export interface ProviderConsent {
  /** The user's id in Tink's API. */
  userId?: string;
  /** The id that your application gave to the user, if it gave one. */
  externalUserId?: string;
  /** The consent's id. */
  consentId?: string;
  /** The provider, usually a bank. */
  providerName?: string;
}

/** The data of every known event by its wire name. */
export interface EventData {
  /** A refresh of credentials ended, well or not (Transactions). */
  "refresh:finished": RefreshFinished;
  /** Transactions of an account were added, changed or removed. */
  "account-transactions:modified": AccountTransactionsModified;
  /** Booked transactions of an account were added, changed or removed. */
  "account-booked-transactions:modified": AccountBookedTransactionsModified;
  /** Transactions of an account were deleted. */
  "account-transactions:deleted": AccountTransactionsDeleted;
  /** An account was created. */
  "account:created": AccountCreated;
  /** An account was updated. */
  "account:updated": AccountUpdated;
  /** Reports were generated, or failed to be (Account Check and the other report products). */
  "reports-generation:completed": ReportsGenerationCompleted;
  /** A payment reached a terminal status (Payments). */
  "payment:updated": PaymentUpdated;
  /** A payment under a mandate changed (variable recurring payments). */
  "mandate-payment:updated": MandatePaymentUpdated;
  /** Money moved on a settlement account. */
  "settlement-transaction:created": SettlementTransactionCreated;
  /** A payout from a settlement account ended. */
  "settlement-payout:updated": SettlementPayoutUpdated;
  /** A settlement account's status changed. */
  "settlement-account:updated": SettlementAccountUpdated;
  /** Insights were created (Money Manager). */
  "actionable-insights:created": ActionableInsightsCreated;
  /** A batch of transactions was enriched (Data Enrichment). The one name without a colon. */
  "enrichment-completed": EnrichmentCompleted;
  /** Credentials changed (community envelope). */
  "credentials.updated": Credentials;
  /** A refresh of credentials succeeded (community envelope). */
  "credentials.refresh.succeeded": Credentials;
  /** A refresh of credentials failed (community envelope). */
  "credentials.refresh.failed": Credentials;
  /** A provider consent was created (community envelope). */
  "provider_consents.created": ProviderConsent;
  /** A provider consent was revoked (community envelope). */
  "provider_consents.revoked": ProviderConsent;
}
