// docs/local-vs-aws.md: every known difference from AWS names the test that pins it, and that test is there.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = new URL('../../../docs/local-vs-aws.md', import.meta.url);
const text = readFileSync(page, 'utf8');

type Row = {
  readonly section: string;
  readonly subject: string;
  readonly surplusCells: number;
  readonly tests: string;
};

/** Rows of the tables whose last column is headed `test`, with the chapter they stand in. */
const rowsIn = (markdown: string): Row[] => {
  const rows: Row[] = [];
  let section = '';
  let columns = 0;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3);
    const cells = line.startsWith('| ') ? line.slice(2, -2).split(' | ') : [];
    const [subject = ''] = cells;
    if (cells.at(-1) === 'test') columns = cells.length;
    else if (line === '') columns = 0;
    else if (columns > 0 && cells.length > 0)
      rows.push({ section, subject, surplusCells: cells.length - columns, tests: cells.at(-1) ?? '' });
  }
  return rows;
};
const rows = rowsIn(text);
const differences = rows.filter(({ section }) => section === 'Known differences');

/** Titles of a test file: the text behind `it(`, `describe(` or the cases of `each`. */
const TITLE = /(?:\b(?:it|describe)|[\])])\(\s*(['"`])((?:(?!\1).)+)\1,/g;
const titlesIn = (file: URL): string[] =>
  [...readFileSync(file, 'utf8').matchAll(TITLE)].map(([, , title = '']) => title);

const PIN = /^\[[\w-]+\]\((\.\.\/test\/[\w/-]+\.test\.ts)\): (.+)$/;
const isThere = (pin: string): boolean => {
  const [, path, title = ''] = PIN.exec(pin) ?? [];
  if (path === undefined) return false;
  const file = new URL(path, page);
  return existsSync(file) && titlesIn(file).includes(title);
};

describe('what differs from AWS', () => {
  it('is listed in whole rows, and no known difference is without a test', () => {
    expect(rows.filter(({ surplusCells }) => surplusCells !== 0)).toEqual([]);
    expect(differences.length).toBeGreaterThan(30);
    expect(differences.filter(({ tests }) => tests === '–')).toEqual([]);
  });

  it.each(rows.filter(({ tests }) => tests !== '–'))('is pinned by a test that exists: $subject', ({ tests }) => {
    expect(tests.split('<br>').filter((pin) => !isThere(pin))).toEqual([]);
  });

  it.each(['mqtt', 'services'])('and has a test in %s of its own is on the page', (folder) => {
    const titles = titlesIn(new URL(`../../conformance/${folder}/differences.test.ts`, import.meta.url));
    expect(titles.length).toBeGreaterThan(5);
    expect(titles.filter((title) => !text.includes(title))).toEqual([]);
  });
});
