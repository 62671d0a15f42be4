// Markdown files of the project: every relative link leads to a file that is there, and to a heading of it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const markdownIn = (folder: string): string[] =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => folder + name);
const PAGES = ['./', 'docs/', 'docs/adr/', 'events/'].flatMap(markdownIn);
const LINK = /\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g;

/** The anchor that a heading gets on the usual hosts. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
const anchorsIn = (file: URL): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^#+ /.test(line))
    .map(anchorOf);

it.each(PAGES)('%s links to what is there', (name) => {
  const page = new URL(name, root);
  const dangling = [...readFileSync(page, 'utf8').matchAll(LINK)].filter(([, path = '', anchor]) => {
    const target = path === '' ? page : new URL(path, page);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsIn(target).includes(anchor);
  });
  expect(dangling.map(([link]) => link)).toEqual([]);
});
