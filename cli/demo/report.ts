// How the demo is printed: one line a step, with its time and what the registry says about it.

import { type Output, paint, type Stream } from '../output.ts';

/** An expectation that did not hold. */
export class Unmet extends Error {
  override readonly name = 'Unmet';
}

/** @throws Unmet saying what was expected */
export function expect(holds: boolean, expectation: string): asserts holds {
  if (!holds) throw new Unmet(expectation);
}

export type Report = {
  heading(title: string, detail: string): void;
  /** Runs a step and prints it with what is to be said of its result; a failure is printed and thrown on. */
  step(title: string, work: () => Promise<string>): Promise<string>;
  step<T>(title: string, work: () => Promise<T>, say: (result: T) => string): Promise<T>;
  line(text: string): void;
  readonly style: Output['style'];
  readonly failures: readonly string[];
  readonly steps: () => number;
};

const TITLE_WIDTH = 40;
const TIME_WIDTH = 8;

export const shownMs = (ms: number): string => (ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

export const createReport = (stream: Stream): Report => {
  const failures: string[] = [];
  let section = '';
  let count = 0;
  const line = (text: string) => stream.write(`${text}\n`);
  return {
    failures,
    line,
    style: (style, text) => paint(stream, style, text),
    steps: () => count,
    heading: (title, detail) => {
      section = title;
      line(`\n${paint(stream, 'bold', title)}  ${paint(stream, 'dim', detail)}`);
    },
    step: async <T>(title: string, work: () => Promise<T>, say: (result: T) => string = String): Promise<T> => {
      count += 1;
      const from = performance.now();
      const time = () => paint(stream, 'dim', shownMs(performance.now() - from).padStart(TIME_WIDTH));
      try {
        const result = await work();
        line(
          `  ${paint(stream, 'green', '✓')} ${title.padEnd(TITLE_WIDTH)}${time()}  ${paint(stream, 'cyan', say(result))}`,
        );
        return result;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const what = error instanceof Unmet ? `expected ${reason}` : reason;
        failures.push(`${section}: ${title}: ${what}`);
        line(`  ${paint(stream, 'red', '✗')} ${title.padEnd(TITLE_WIDTH)}${time()}  ${paint(stream, 'red', what)}`);
        throw error;
      }
    },
  };
};
