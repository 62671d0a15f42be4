// Durations on which infrastructure and runtime must agree.

/** Lambda kills an onboarding invocation after this. */
export const FUNCTION_TIMEOUT_SECONDS = 20;
/**
 * A claimed certificate belongs to one event for this long. Longer than the function can run, so that no IoT call
 * outlives its lease; shorter than the visibility timeout, so that a redelivery finds the lease free.
 */
export const LEASE_SECONDS = 30;
/** Endpoints of the same region answer a connection within milliseconds. */
export const CONNECTION_TIMEOUT_MS = 1_000;
/**
 * An attempt of a call to AWS is given up after this. The SDK makes three by default (AWS SDKs and Tools reference guide,
 * Retry behavior): together they take about half of the function timeout, so that one socket that hangs costs neither the
 * other messages of its batch nor the lease.
 */
export const REQUEST_TIMEOUT_MS = 3_000;
/** Six times the function timeout, as AWS advises for SQS event sources (Lambda guide, Using Lambda with Amazon SQS). */
export const VISIBILITY_TIMEOUT_SECONDS = 6 * FUNCTION_TIMEOUT_SECONDS;
/** Deliveries of one message before it goes to the dead-letter queue. */
export const MAX_RECEIVE_COUNT = 5;
/** Work on trust that is longer than this goes on with the next command, well before the function's time is over. */
export const TRUST_SLICE_SECONDS = 10;
/**
 * A certificate that was read as good just before its anchor was revoked may become ACTIVE for as long as its attempt may
 * run. A pass over an anchor's certificates that begins later than this after the revocation sees it, also where the clocks
 * of two functions are some seconds apart.
 */
export const SWEEP_SETTLE_SECONDS = FUNCTION_TIMEOUT_SECONDS + 10;
/** Who works on trust tries a call to IoT Core again after this, and no longer than this after its first attempt. */
export const TRUST_CALL_RETRY_MS = 250;
export const TRUST_CALL_LIMIT_MS = 4_000;
/** UpdateCertificate calls a second in an account and Region by default (AWS IoT Core endpoints and quotas). */
export const CERTIFICATE_UPDATES_PER_SECOND = 10;
/** For this long a challenge may be answered (CA-04). */
export const CHALLENGE_SECONDS = 7 * 86_400;
/** For this long the certificate that was replaced may be used, unless the new one comes before (J-11). */
export const RENEWAL_GRACE_SECONDS = 7 * 86_400;
/** AWS IoT waits no longer for a custom authorizer, and no figure is given for the pre-authentication function. */
export const GATE_TIMEOUT_SECONDS = 5;
/** Two reads, one after the other, of two attempts each at most: well within that time. */
export const GATE_REQUEST_TIMEOUT_MS = 1_000;
/** Below the 30 s after which API Gateway gives up on an integration, so that the function's own error is the answer. */
export const OPS_API_TIMEOUT_SECONDS = 29;
/** One call to IoT Core and one answer, with retries of both. */
export const CUSTOM_RESOURCE_TIMEOUT_SECONDS = 60;
/** A tenant's roles and users are changed by one request at a time; longer than the function of the API can run. */
export const TENANT_LOCK_SECONDS = 35;
/**
 * A permission set that lost its last user is deleted this much later: longer than any attempt to onboard a device can
 * hold its lease. It does not cover the five minutes for which AWS IoT may count a detached policy as attached (API
 * reference, DeletePolicy): detaching comes after the wait, and where the deletion fails for it, redelivery repeats it.
 */
export const COLLECTION_DELAY_SECONDS = 600;
