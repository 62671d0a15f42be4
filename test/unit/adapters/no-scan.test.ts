import { glob, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);

test('R-01: no source of the product scans a table, runs PartiQL or opens a transaction', async () => {
  const found: string[] = [];
  let read = 0;
  for await (const file of glob('{shared,functions}/**/*.ts', { cwd: root })) {
    read += 1;
    const text = await readFile(new URL(file, root), 'utf8');
    if (/\b(paginate)?Scan(Command)?\b|ExecuteStatement|Transact(Get|Write)|\bDynamoDBDocument\b/.test(text))
      found.push(file);
  }
  expect(read).toBeGreaterThan(40);
  expect(found).toEqual([]);
});
