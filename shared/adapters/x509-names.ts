// A distinguished name as one line of text, the way OpenSSL prints it (RFC 4514, in the order of the DER).

import { childrenOf, type Der, oidOf, TAG } from './der.ts';
import { textOf } from './x509-fields.ts';

/** Short names as OpenSSL has them; any other type is shown by its OID. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.42': 'GN',
  '2.5.4.46': 'dnQualifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

const hex = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

const escaped = (value: string): string =>
  value
    .replace(/[,+"\\<>;]|^[# ]| $/g, '\\$&')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a name that holds them must not steer a terminal
    .replace(/[\u0000-\u001f\u007f]/g, hex);

const attributeText = (attribute: Der): string => {
  const [type, value] = childrenOf(attribute, TAG.sequence);
  const oid = oidOf(type);
  if (!value) throw new TypeError(`attribute ${oid} of a name has no value`);
  return `${SHORT_NAMES[oid] ?? oid}=${escaped(textOf(value))}`;
};

/** Empty when the name has no attribute. @throws Error when it is none, or a value is no text */
export const nameText = (name: Der | undefined): string =>
  childrenOf(name, TAG.sequence)
    .map((rdn) => childrenOf(rdn, TAG.set).map(attributeText).join(' + '))
    .join(', ');
