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

/** Some examples print `STATUS_` before it. `TEMPORARY_ERROR` needs no action of the user, the last two do. */
export type CredentialsStatus = Open<"UPDATED" | "TEMPORARY_ERROR" | "AUTHENTICATION_ERROR" | "SESSION_EXPIRED">;

/** What started a refresh. */
export type OperationSource = Open<
  "OPERATION_SOURCE_API" | "OPERATION_SOURCE_BACKGROUND" | "OPERATION_SOURCE_STREAMING"
>;

/** The terminal statuses of one-time payments, and others. */
export type PaymentStatus = Open<"SENT" | "SETTLED" | "SETTLED_PAYER" | "SETTLED_PAYEE" | "FAILED" | "CANCELLED">;

/** The statuses of payments under a mandate. */
export type MandatePaymentStatus = Open<
  "CANCELLED" | "CREATED" | "FAILED" | "SENT" | "SETTLED_PAYEE" | "SETTLED_PAYER"
>;

/** Why a refresh failed. `displayMessage` may be empty. */
export interface DetailedError {
  type?: Open<
    "TINK_SIDE_ERROR" | "PROVIDER_ERROR" | "USER_LOGIN_ERROR" | "AUTHORIZATION_ERROR" | "ACCOUNT_INFORMATION_ERROR"
  >;
  displayMessage?: string;
  details?: { reason?: string; retryable?: boolean };
}

/** `refresh:finished`. */
export interface RefreshFinished {
  credentialsId: string;
  credentialsStatus: CredentialsStatus;
  /** @deprecated It repeats `credentialsStatus`. */
  status: CredentialsStatus;
  finished: number;
  source?: OperationSource;
  sessionExpiryDate?: number;
  externalUserId?: string;
  detailedError?: DetailedError;
}

/** `account-transactions:modified`. Dates are `YYYY-MM-DD`. */
export interface AccountTransactionsModified {
  userId: string;
  externalUserId?: string;
  account: { id: string };
  transactions?: {
    earliestModifiedBookedDate?: string;
    latestModifiedBookedDate?: string;
    inserted?: number;
    updated?: number;
    deleted?: number;
  };
}

/** `account-booked-transactions:modified`: the same for booked transactions. */
export interface AccountBookedTransactionsModified extends AccountTransactionsModified {}

/** `account-transactions:deleted`. */
export interface AccountTransactionsDeleted {
  userId: string;
  externalUserId?: string;
  account: { id: string };
  transactions?: { ids?: string[] };
}

/** `account:created`. The field is not documented; receivers find the account's id in it. */
export interface AccountCreated {
  id?: string;
}

/** `account:updated`, as `account:created`. */
export interface AccountUpdated {
  id?: string;
}

/** One report of a bundle: with `id` if it was created, with `error` if not. */
export interface Report {
  type: Open<
    | "ACCOUNT_VERIFICATION_REPORT"
    | "TRANSACTION_REPORT"
    | "INCOME_CHECK_REPORT"
    | "EXPENSE_CHECK_REPORT"
    | "RISK_INSIGHTS_REPORT"
  >;
  status: Open<"CREATED" | "FAILED">;
  id?: string;
  error?: string;
}

/** `reports-generation:completed`. */
export interface ReportsGenerationCompleted {
  reports: Report[];
}

/** The reference that goes with a payment. */
export interface RemittanceInformation {
  type: string;
  value: string;
}

/** `payment:updated`. */
export interface PaymentUpdated {
  id: string;
  paymentRequestId: string;
  amount: number;
  currency: string;
  paymentScheme: string;
  destination: { accountNumber: string; type: string };
  source?: { accountNumber?: string; type?: string; uri?: string; payerName?: string };
  providerName: string;
  recipientName: string;
  sourceMessage?: string;
  status: PaymentStatus;
  statusMessage: string;
  created?: number;
  updated?: number;
  remittanceInformation: RemittanceInformation;
  metadata?: Record<string, string>;
  /** @deprecated With Verified Payments only. */
  payerInformation?: { name?: string; accountIdentifier?: string };
}

/** `mandate-payment:updated`. Its times are ISO 8601. An example prints `number` as a JSON number. */
export interface MandatePaymentUpdated {
  id: string;
  consentId: string;
  merchantId?: string;
  providerId: string;
  type: Open<"VRP_COMMERCIAL" | "VRP_SWEEPING">;
  /** `unscaledValue` times ten to the power of minus `scale`. Some of Tink's interfaces print text here. */
  amount: { currencyCode: string; value: { unscaledValue: number | string; scale: number | string } };
  status: MandatePaymentStatus;
  statusMessage: string;
  remittanceInformation: RemittanceInformation;
  payeeAccount: { name: string; number: string | number; type: string };
  payerAccount: { holderName: string; number: string | number; type: string };
  createdTime: string;
  updatedTime: string;
}

/** An account on either side of a settlement. Empty text stands for "none". */
export interface AccountIdentifier {
  identifier: string;
  type: string;
}

/** `settlement-transaction:created`. Empty text stands for "none". */
export interface SettlementTransactionCreated {
  merchantId: string;
  accountId: string;
  transactionId: string;
  amount: number;
  currencyCode: string;
  timestamp: number;
  reference?: string;
  accountBalance?: number;
  paymentRequestId?: string;
  payerAccount?: AccountIdentifier;
  payeeAccount?: AccountIdentifier;
  metadata?: Record<string, string>;
  originalTransactionId?: string;
  type: Open<"PAYIN" | "MERCHANT_PAYIN" | "EXTERNAL_PAYIN" | "SWEEP" | "REFUND" | "WITHDRAWAL" | "TRANSFER">;
  refundId?: string;
  payerName?: string;
  payeeName?: string;
}

/** `settlement-payout:updated`. */
export interface SettlementPayoutUpdated {
  id: string;
  type: string;
  merchantId: string;
  accountId: string;
  appId?: string;
  payeeName?: string;
  payeeAccount?: AccountIdentifier;
  amount: number;
  currencyCode: string;
  reference?: string;
  metadata?: Record<string, string>;
  timestamp: number;
  status: Open<"PENDING" | "FAILED" | "COMPLETED">;
  statusMessage?: string;
}

/** `settlement-account:updated`. */
export interface SettlementAccountUpdated {
  merchantId: string;
  accountId: string;
  status: Open<"ENABLED" | "SUSPENDED" | "TERMINATED">;
}

/** One insight; what `data` holds depends on `type`. */
export interface Insight {
  id: string;
  userId?: string;
  type: string;
  title?: string;
  description?: string;
  createdTime?: number;
  data?: Record<string, unknown>;
  actions?: { label?: string; data?: Record<string, unknown> }[];
}

/** `actionable-insights:created`: at least one insight. */
export interface ActionableInsightsCreated {
  userId: string;
  externalUserId?: string;
  insights: Insight[];
}

/** `enrichment-completed`. `enrichmentCompleted` is false after a timeout; `completedAt` is ISO 8601. */
export interface EnrichmentCompleted {
  appId: string;
  userId: string;
  batchId: string;
  totalTransactions: number;
  permittedEnrichments: string[];
  completedAt: string;
  enrichmentCompleted: boolean;
  batchType: string;
  operationId: string;
}

/** `credentials.updated`, `credentials.refresh.succeeded`, `credentials.refresh.failed` (community). */
export interface Credentials {
  userId?: string;
  externalUserId?: string;
  credentialsId?: string;
  status?: CredentialsStatus;
}

/** `provider_consents.created`, `provider_consents.revoked` (community). */
export interface ProviderConsent {
  userId?: string;
  externalUserId?: string;
  consentId?: string;
  providerName?: string;
}

/** The data of every known event by its wire name. A test holds the names to the core's. */
export interface EventData {
  "refresh:finished": RefreshFinished;
  "account-transactions:modified": AccountTransactionsModified;
  "account-booked-transactions:modified": AccountBookedTransactionsModified;
  "account-transactions:deleted": AccountTransactionsDeleted;
  "account:created": AccountCreated;
  "account:updated": AccountUpdated;
  "reports-generation:completed": ReportsGenerationCompleted;
  "payment:updated": PaymentUpdated;
  "mandate-payment:updated": MandatePaymentUpdated;
  "settlement-transaction:created": SettlementTransactionCreated;
  "settlement-payout:updated": SettlementPayoutUpdated;
  "settlement-account:updated": SettlementAccountUpdated;
  "actionable-insights:created": ActionableInsightsCreated;
  "enrichment-completed": EnrichmentCompleted;
  "credentials.updated": Credentials;
  "credentials.refresh.succeeded": Credentials;
  "credentials.refresh.failed": Credentials;
  "provider_consents.created": ProviderConsent;
  "provider_consents.revoked": ProviderConsent;
}
