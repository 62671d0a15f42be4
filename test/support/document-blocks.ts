// What a document of the project prints to be typed, and what it says comes of it.

import { readFile } from 'node:fs/promises';

const ROOT = new URL('../../', import.meta.url);

/** The blocks of a document between two of its lines; null: to its end. */
export const blocksOf = async (
  file: string,
  from: string,
  to: string | null,
  language: 'bash' | 'console' = 'bash',
): Promise<string[]> => {
  const text = await readFile(new URL(file, ROOT), 'utf8');
  const section = text.slice(text.indexOf(`\n${from}\n`), to === null ? undefined : text.indexOf(`\n${to}\n`));
  return [...section.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, block = '']) => block,
  );
};

/** Its lines without what is another in each run: times, fingerprints, serial numbers. */
export const linesOf = (printed: string): string[] =>
  printed
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'FINGERPRINT')
    .replaceAll(/\b[0-9a-f]{30,32}\b/g, 'SERIAL')
    .split('\n')
    .filter((line) => !/^($|…$|\$ )/.test(line));
