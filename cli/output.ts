// What a command prints: results to stdout, everything about the command to stderr, JSON when asked.

import { styleText } from 'node:util';
import { Failure } from './failure.ts';

type Style = Parameters<typeof styleText>[0];
export type Stream = NodeJS.WritableStream;

/** Control, format (bidirectional marks) and unassigned characters: a certificate's subject must not steer the terminal. */
const STEERING = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Text from outside, whole and on one line, made safe to show. */
export const shown = (text: string): string =>
  text.replace(STEERING, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

/** Colours the text when the stream is a terminal that wants colour. */
export const paint = (stream: Stream, style: Style, text: string): string =>
  styleText(style, text, { validateStream: true, stream });

/**
 * Columns as wide as their widest cell. Cells are text from outside; an empty one shows as `-`.
 * @param style colours a padded cell, so that colour never counts as width
 */
export const table = (
  header: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  style: (cell: string, column: number) => string = (cell) => cell,
): string => {
  const cells = [header, ...rows].map((row) => row.map((cell) => shown(cell || '-')));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row, line) =>
      row
        .map((cell, column) => cell.padEnd(column === row.length - 1 ? 0 : (widths[column] ?? 0)))
        .map((cell, column) => (line === 0 ? cell : style(cell, column)))
        .join('  '),
    )
    .join('\n');
};

/** `2026-11-22 10:00:00Z`: an ISO 8601 time as it is read, seconds are enough. */
export const shownTime = (iso: string | null): string | null =>
  iso === null ? null : iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');

/** `label  value` lines; a null value leaves its line out. */
export const fields = (pairs: readonly (readonly [label: string, value: string | null])[]): string => {
  const kept = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null);
  const width = Math.max(0, ...kept.map(([label]) => label.length));
  return kept.map(([label, value]) => `${label.padEnd(width)}  ${shown(value)}`).join('\n');
};

export type Output = {
  readonly json: boolean;
  /** The result: the value itself with --json, else the text made of it. */
  result(value: unknown, text: () => string): void;
  /** As `result`, with the JSON on one line: for what a script reads line by line. */
  line(value: unknown, text: () => string): void;
  /** About the command, never part of its result. Kept from stderr when --json asks for nothing but JSON there. */
  note(text: string): void;
  /** Names where the command acts. With --json it waits, so that a failure is one JSON object on stderr. */
  target(text: string): void;
  /** Says how far work is that takes longer than two seconds: what is new at once, and now and then that it still goes on. */
  progress<T>(what: () => string, work: Promise<T>): Promise<T>;
  failure(error: Failure): void;
  /** Ends the output of a command that did its work. */
  done(): void;
  style(style: Style, text: string): string;
};

const PROGRESS_EVERY_MS = 2_000;
const SIGN_OF_LIFE_MS = 10_000;

export const createOutput = (streams: { stdout: Stream; stderr: Stream }, json: boolean): Output => {
  const { stdout, stderr } = streams;
  let target: string | null = null;
  const note = (text: string) => {
    if (!json) stderr.write(`${text}\n`);
  };
  return {
    json,
    note,
    result: (value, text) => stdout.write(`${json ? JSON.stringify(value, null, 2) : text()}\n`),
    line: (value, text) => stdout.write(`${json ? JSON.stringify(value) : text()}\n`),
    target: (text) => {
      target = text;
      note(paint(stderr, 'dim', `on ${shown(text)}`));
    },
    progress: async (what, work) => {
      let [told, silentMs]: [string | null, number] = [null, 0];
      const timer = setInterval(() => {
        const text = what();
        silentMs += PROGRESS_EVERY_MS;
        if (text === told && silentMs < SIGN_OF_LIFE_MS) return;
        [told, silentMs] = [text, 0];
        note(paint(stderr, 'dim', text));
      }, PROGRESS_EVERY_MS);
      try {
        return await work;
      } finally {
        clearInterval(timer);
      }
    },
    failure: (error) => {
      const { code, message } = error;
      if (json) stderr.write(`${JSON.stringify({ error: { code, message }, ...(target ? { target } : {}) })}\n`);
      else
        stderr.write(
          `${paint(stderr, ['red', 'bold'], 'error')} ${paint(stderr, 'dim', code)} ${shownLines(message)}\n`,
        );
    },
    done: () => {
      if (json && target) stderr.write(`on ${shown(target)}\n`);
    },
    style: (style, text) => paint(stdout, style, text),
  };
};

/** As `shown`, but our own line breaks stay. */
const shownLines = (text: string): string => text.split('\n').map(shown).join('\n');

/** Any error as one that can be shown: what nobody foresaw keeps its message, never its stack. */
export const asFailure = (error: unknown): Failure =>
  error instanceof Failure
    ? error
    : new Failure('UNEXPECTED', error instanceof Error ? error.message : String(error), { cause: error });
