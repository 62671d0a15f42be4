// Measures for a reader, or as the one line of JSON that scripts take.

import { styleText } from 'node:util';
import type { Measure } from './measure.ts';

const line = ({ name, value, unit, budget, ok }: Measure): string => {
  const against = budget === null ? '' : `of ${budget}`;
  const overAim = budget !== null && value > budget;
  const verdict = ok
    ? overAim
      ? styleText('yellow', 'above its aim')
      : styleText('green', 'ok')
    : styleText('red', 'OVER');
  return `${name.padEnd(44)}${String(value).padStart(9)} ${unit.padEnd(9)}${against.padEnd(9)}${verdict}`;
};

/** @param json print one array of `{name, value, unit, budget, ok}` as the last line instead of a table */
export const printMeasures = (measures: readonly Measure[], json: boolean): void => {
  if (json) console.log(JSON.stringify(measures));
  else for (const measure of measures) console.log(line(measure));
};
