// How a tenant and a certificate's subject give the client id: four profiles, or a tenant's own template.

import type { SubjectFacts } from './certificate.ts';
import { type ClientId, isClientId, isTenantName, type TenantName } from './ids.ts';
import type { ReasonCode } from './reasons.ts';
import { err, ok, type Result } from './result.ts';
import { shown } from './shown.ts';

const TEMPLATES = {
  eu1: '{tenant}_{cn}',
  eu2: '{cn}',
  'private-cloud': '{tenant}_{cn}',
  connectware: '{cn}',
} as const;
type Profile = keyof typeof TEMPLATES;

export const PROFILES: readonly Profile[] = ['eu1', 'eu2', 'private-cloud', 'connectware'];
/** A profile of the catalogue, or `template` for one of the tenant's own. */
export type NamingProfile = Profile | 'template';

const FIELDS = ['tenant', 'cn', 'o', 'ou', 'serialNumber'] as const;
type Field = (typeof FIELDS)[number];
type Part = { readonly literal: string } | { readonly field: Field };
export type Naming = { readonly profile: NamingProfile; readonly parts: readonly Part[] };

/** Why a subject gives no client id, with the value that was seen. */
export type NamingProblem = { readonly code: ReasonCode; readonly seen: string };

// AWS IoT API reference, CreateThing. Dots and spaces are outside it, and so is every wildcard of an IoT policy.
const THING_NAME = /^[a-zA-Z0-9:_-]*$/;
const TEMPLATE_LIMIT = 128;
// X.520 ub-common-name, RFC 5280 appendix A.1
const CN_LIMIT = 64;

const isProfile = (text: string): text is Profile => Object.hasOwn(TEMPLATES, text);
const isField = (text: string): text is Field => FIELDS.some((field) => field === text);

const parseTemplate = (text: string): Result<Naming['parts'], string> => {
  if (text.length > TEMPLATE_LIMIT) return err(`expected at most ${TEMPLATE_LIMIT} characters, got ${text.length}`);
  const parts: Part[] = [];
  for (const [token, name] of text.matchAll(/\{([^{}]*)\}|[^{}]+|[{}]/g)) {
    if (name !== undefined) {
      if (!isField(name)) return err(`expected {${FIELDS.join('}, {')}}, got ${shown(token)}`);
      parts.push({ field: name });
    } else if (THING_NAME.test(token)) {
      parts.push({ literal: token });
    } else {
      return err(`expected a-z, A-Z, 0-9, :, _ and - around the fields, got ${shown(token)}`);
    }
  }
  // without one of these, every device of the tenant would have the same client id
  if (!parts.some((part) => 'field' in part && (part.field === 'cn' || part.field === 'serialNumber')))
    return err('expected {cn} or {serialNumber}, which tell devices apart');
  return ok(parts);
};

/** @returns the naming, or a sentence that says what was expected and what came */
export const parseNaming = (text: string): Result<Naming, string> => {
  if (!isProfile(text) && !/[{}]/.test(text))
    return err(`expected ${PROFILES.join(', ')} or a template such as {tenant}-{ou}-{cn}, got "${shown(text)}"`);
  const parts = parseTemplate(isProfile(text) ? TEMPLATES[text] : text);
  if (!parts.ok) return err(`not a naming template: ${parts.error}`);
  return ok({ profile: isProfile(text) ? text : 'template', parts: parts.value });
};

/**
 * The naming of a tenant's record, which was checked when it was written.
 * @throws TypeError when it is none: the record is corrupt and nothing may be decided on it
 */
export const namingOf = (text: string): Naming => {
  const naming = parseNaming(text);
  if (!naming.ok) throw new TypeError(naming.error);
  return naming.value;
};

/** The subject's one common name, as a client id may carry it (N-07). */
export const commonNameOf = (subject: SubjectFacts): Result<string, NamingProblem> => {
  const [cn, ...more] = subject.cn;
  if (cn === undefined) return err({ code: 'CN_MISSING', seen: 'no CN' });
  if (more.length > 0) return err({ code: 'CN_MULTIPLE', seen: shown(subject.cn.join(' | ')) });
  if (cn === '') return err({ code: 'CN_MISSING', seen: 'an empty CN' });
  if ([...cn].length > CN_LIMIT) return err({ code: 'CN_TOO_LONG', seen: shown(cn) });
  if (!THING_NAME.test(cn)) return err({ code: 'CN_CHARSET', seen: shown(cn) });
  return ok(cn);
};

const fieldOf = (name: 'o' | 'ou' | 'serialNumber', subject: SubjectFacts): Result<string, NamingProblem> => {
  const [value, ...more] = subject[name];
  if (value === undefined || value === '') return err({ code: 'FIELD_MISSING', seen: `no ${name}` });
  if (more.length > 0) return err({ code: 'FIELD_MULTIPLE', seen: shown(`${name}: ${subject[name].join(' | ')}`) });
  if (!THING_NAME.test(value)) return err({ code: 'FIELD_CHARSET', seen: shown(`${name}: ${value}`) });
  return ok(value);
};

/** The client id that this subject has with this tenant (N-01 to N-03). The CN is required whatever the template uses. */
export const clientIdFor = (
  naming: Naming,
  tenant: TenantName,
  subject: SubjectFacts,
): Result<ClientId, NamingProblem> => {
  const cn = commonNameOf(subject);
  if (!cn.ok) return cn;
  // N-02: else the tenant could mint ids of another one
  if (naming.profile === 'eu2' && !(cn.value.startsWith(`${tenant}_`) && cn.value.length > tenant.length + 1))
    return err({ code: 'CN_TENANT_PREFIX', seen: cn.value });

  let id = '';
  for (const part of naming.parts) {
    if ('literal' in part) id += part.literal;
    else if (part.field === 'tenant') id += tenant;
    else if (part.field === 'cn') id += cn.value;
    else {
      const value = fieldOf(part.field, subject);
      if (!value.ok) return value;
      id += value.value;
    }
  }
  return isClientId(id) ? ok(id) : err({ code: 'CLIENT_ID_TOO_LONG', seen: shown(`${id.length} characters: ${id}`) });
};

/**
 * The other tenant whose name and `_` this id begins with, if there is such a tenant; null when the naming itself puts
 * the owner's name there. Case is ignored: `ACME_pump` would pass for a device of `acme` in any list.
 */
export const foreignPrefix = (naming: Naming, tenant: TenantName, clientId: ClientId): TenantName | null => {
  const [first, second] = naming.parts;
  const owned = first && 'field' in first && first.field === 'tenant' && second && 'literal' in second;
  if (naming.profile === 'eu2' || (owned && second.literal.startsWith('_'))) return null;
  const [prefix = '', ...rest] = clientId.toLowerCase().split('_');
  return rest.length > 0 && prefix !== tenant && isTenantName(prefix) ? prefix : null;
};

/** Key under which a client id is unique: eu2 ignores case, as the service it stands for does (N-12). */
export const deviceKeyOf = (naming: Naming, clientId: ClientId): string =>
  naming.profile === 'eu2' ? clientId.toLowerCase() : clientId;
