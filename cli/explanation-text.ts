// An explained permission as it is printed: the answer first, then what decided, then what would change it.

import type { ExplanationView } from '#contracts/ops-api.ts';
import { fields, type Output, shown } from './output.ts';

const decider = ({ barredBy, statement }: ExplanationView): string => {
  if (barredBy !== null) return `the registry: ${barredBy}`;
  return statement ? `${statement.effect} ${statement.action}` : 'no statement: what none allows is refused';
};

/** @param style colours a part; by default nothing is coloured */
export const explanationText = (answer: ExplanationView, style: Output['style'] = (_, text) => text): string => {
  const { allowed, statement, source } = answer;
  const permission = source?.permission;
  const verdict = allowed ? style(['green', 'bold'], 'allow') : style(['red', 'bold'], 'deny');
  return [
    `${verdict}  ${shown(answer.because)}`,
    fields([
      ['decided by', decider(answer)],
      ['resource', statement?.resource ?? null],
      ['policy', statement?.policy ?? null],
      ['permission', permission ? `${permission.operation} on ${permission.resource}` : null],
      ['from', source?.from ?? null],
      [allowed ? 'to refuse it' : 'to allow it', answer.change],
      ['not yet', answer.pending],
    ]),
  ].join('\n');
};
