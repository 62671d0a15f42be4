// Arguments and flags as commander parses them: a value, or a sentence that says what was expected.

import { InvalidArgumentError } from 'commander';
import { isTenantName } from '#domain/ids.ts';
import { ROLE_NAME } from '#domain/role.ts';
import { USERNAME } from '#domain/user.ts';

const argument =
  <T>(parse: (text: string) => T | null, expected: string) =>
  (text: string): T => {
    const value = parse(text);
    if (value === null) throw new InvalidArgumentError(`Expected ${expected}.`);
    return value;
  };

export const tenantArgument = argument(
  (text) => (isTenantName(text) ? text : null),
  'a tenant name: a-z, 0-9 and -, 1 to 32 characters, no underscore',
);

export const usernameArgument = argument(
  (text) => (USERNAME.test(text) ? text : null),
  'a username: a-z, A-Z, 0-9, : . _ @ and -, 1 to 64 characters',
);

/** A role's name, or its id. */
export const roleArgument = argument(
  (text) => (ROLE_NAME.test(text) ? text : null),
  "a role's name: a-z, A-Z, 0-9, . _ and -, 1 to 64 characters",
);

/** For an argument or a flag that takes several. */
export const several =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[] = []): readonly T[] => [...before, parse(text)];

/** As we print it, or as `openssl x509 -fingerprint -sha256` does: capitals with colons between. */
export const fingerprintArgument = argument(
  (text) => (/^([0-9a-f]{2}:?){32}$/i.test(text) ? text.replaceAll(':', '').toLowerCase() : null),
  'a SHA-256 fingerprint: 64 hex digits',
);

const OPENSSL_FINGERPRINT = /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/;
/** A client id, or a certificate fingerprint in either of its forms. */
export const deviceArgument = argument((text) => {
  if (OPENSSL_FINGERPRINT.test(text)) return text.replaceAll(':', '').toLowerCase();
  return /^[a-zA-Z0-9:_-]{1,128}$/.test(text) ? text : null;
}, 'a client id (a-z, A-Z, 0-9, :, _ and -) or a certificate fingerprint');

/** ISO 3166-1 alpha-2, as X.520 has countryName. */
export const countryArgument = argument(
  (text) => (/^[A-Z]{2}$/.test(text) ? text : null),
  'a country code of two capital letters such as DE',
);

/** AWS account ids have 12 digits (AWS Account Management guide). */
export const accountArgument = argument(
  (text) => (/^\d{12}$/.test(text) ? text : null),
  'an AWS account id: 12 digits',
);

export const regionArgument = argument(
  (text) => (/^[a-z]{2,}(-[a-z]+)+-\d$/.test(text) ? text : null),
  'an AWS region such as eu-central-1',
);

export const limitArgument = argument((text) => (/^[1-9]\d{0,6}$/.test(text) ? Number(text) : null), 'a number from 1');

export const anchorLimitArgument = argument(
  (text) => (/^([1-9]\d?|100)$/.test(text) ? Number(text) : null),
  'a number from 1 to 100',
);

export const portArgument = argument(
  (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null),
  'a port from 0 (any free one) to 65535',
);

export const dayArgument = argument((text) => {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse takes 31 February for a day in March
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) ? text : null;
}, 'a day such as 2026-01-31');

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time of ISO 8601 (UTC unless it says otherwise), or how long before `now` (epoch milliseconds): `30m`, `24h`, `7d`. */
export const sinceArgument = (now: () => number) =>
  argument((text) => {
    const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
    const zoned = /T.*(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`;
    const time =
      count === undefined
        ? /^\d{4}-\d\d-\d\d/.test(text)
          ? Date.parse(zoned)
          : Number.NaN
        : now() - Number(count) * (UNIT_MS[unit] ?? Number.NaN);
    return Number.isNaN(time) ? null : new Date(time).toISOString();
  }, 'a time such as 2026-01-31T12:00:00Z, or how long ago: 30m, 24h, 7d');
