// One implementation for both module systems: classes and the default handler exist once, whoever imports them.
import webhooks from "./dist/index.js";

export const {
  HandlerError,
  InvalidConfigError,
  InvalidPayloadError,
  InvalidSignatureError,
  TestWebhookError,
  WebhookError,
  WebhookEvent,
  WebhookHandler,
  generateSignature,
  getHandlers,
  handleWebhook,
  on,
  registerHandler,
  unregisterHandlers,
  verifySignature,
  version,
} = webhooks;
