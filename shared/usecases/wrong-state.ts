// Why a verb does not fit a certificate: the state that it is in, and what leads out of that.

import type { CertificateRecord } from '#domain/certificate.ts';
import { stateOf } from '#domain/certificate-state.ts';
import { remedyFor } from '#domain/remedy.ts';
import { refuse } from './refusal.ts';

export const whatToDo = (record: CertificateRecord): string =>
  remedyFor(record) ?? (stateOf(record) === 'ACTIVE' ? 'it is let in' : 'it is being decided, look again in a moment');

/** @param expected `a certificate that is HELD to approve` */
export const wrongState = (
  expected: string,
  name: string,
  record: CertificateRecord,
  advice: string = whatToDo(record),
) => refuse('conflict', 'WRONG_STATE', `expected ${expected}, but ${name} is ${stateOf(record)}: ${advice}`);
