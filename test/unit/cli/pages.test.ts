// Lists of many pages.

import { describe, expect, it } from 'vitest';
import { createOutput } from '#cli/output.ts';
import { collect, listText, type PageQuery } from '#cli/pages.ts';
import { capturedStream } from '#support/command-line.ts';

const output = createOutput({ stdout: capturedStream().stream, stderr: capturedStream().stream }, false);

/** 250 numbers behind pages; the cursor is where to go on. */
const numbers = () => {
  const asked: PageQuery[] = [];
  const fetchPage = async (query: PageQuery) => {
    asked.push(query);
    const from = Number(query.cursor ?? 0);
    const to = Math.min(250, from + Number(query.limit));
    return { items: Array.from({ length: to - from }, (_, at) => from + at), cursor: to < 250 ? String(to) : null };
  };
  return { asked, fetchPage };
};

describe('a list', () => {
  it('has all pages when no limit is asked for', async () => {
    const { asked, fetchPage } = numbers();
    const all = await collect(output, {}, fetchPage);
    expect(all.items).toEqual(Array.from({ length: 250 }, (_, at) => at));
    expect(all.cursor).toBeNull();
    expect(asked.map(({ limit, cursor }) => [limit, cursor])).toEqual([
      ['100', undefined],
      ['100', '100'],
      ['100', '200'],
    ]);
  });

  it('stops at the limit and says where to go on', async () => {
    const { asked, fetchPage } = numbers();
    const some = await collect(output, { limit: 120, cursor: '30' }, fetchPage);
    expect(some.items).toHaveLength(120);
    expect(some.items[0]).toBe(30);
    expect(some.cursor).toBe('150');
    expect(asked.at(-1)?.limit).toBe('20');
  });

  it('goes on after an empty page that is not the last', async () => {
    const pages = [
      { items: [], cursor: 'a' },
      { items: [7], cursor: null },
    ];
    expect((await collect(output, {}, async () => pages.shift() ?? { items: [], cursor: null })).items).toEqual([7]);
  });

  it('says what to do when there is nothing, and how to see more', () => {
    expect(listText('T', { items: [], cursor: null }, 'nothing yet')).toBe('nothing yet');
    expect(listText('T', { items: [1], cursor: null }, 'nothing yet')).toBe('T');
    expect(listText('T', { items: [1], cursor: 'abc' }, 'nothing yet')).toBe('T\nmore: --cursor abc');
  });
});
