// Branded identifiers: a certificate's fingerprint cannot be passed where an anchor's is meant.

declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** Owner of trust anchors and devices; `_` is excluded because it separates tenant and name in client ids. */
export type TenantName = Brand<'TenantName'>;
/** SHA-256 of a device certificate's DER in lower-case hex; equals the AWS IoT `certificateId`. */
export type CertificateId = Brand<'CertificateId'>;
/** SHA-256 of a CA certificate's DER in lower-case hex; equals the AWS IoT `caCertificateId`. */
export type AnchorId = Brand<'AnchorId'>;
/** MQTT client id of an onboarded device; also its thing name, hence the thing-name alphabet. */
export type ClientId = Brand<'ClientId'>;

const TENANT_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const SHA256_HEX = /^[0-9a-f]{64}$/;
// AWS IoT API reference, CreateThing: thingName `[a-zA-Z0-9:_-]{1,128}`.
const CLIENT_ID = /^[a-zA-Z0-9:_-]{1,128}$/;

export const isTenantName = (text: string): text is TenantName => TENANT_NAME.test(text);
export const isCertificateId = (text: string): text is CertificateId => SHA256_HEX.test(text);
export const isAnchorId = (text: string): text is AnchorId => SHA256_HEX.test(text);
export const isClientId = (text: string): text is ClientId => CLIENT_ID.test(text);

const checked =
  <T extends string>(is: (text: string) => text is T, what: string) =>
  (text: string): T => {
    if (is(text)) return text;
    throw new TypeError(`expected ${what}, got ${JSON.stringify(text.slice(0, 80))}`);
  };

/** @throws TypeError when the text is not a tenant name */
export const tenantName = checked(isTenantName, 'a tenant name (a-z, 0-9 and -, 1 to 32 characters)');
/** @throws TypeError when the text is not a SHA-256 in lower-case hex */
export const certificateId = checked(isCertificateId, 'a certificate fingerprint (64 lower-case hex digits)');
/** @throws TypeError when the text is not a SHA-256 in lower-case hex */
export const anchorId = checked(isAnchorId, 'a CA certificate fingerprint (64 lower-case hex digits)');
/** @throws TypeError when the text is not a client id */
export const clientId = checked(isClientId, 'a client id (a-z, A-Z, 0-9, :, _ and -, 1 to 128 characters)');
