// How a value that came from outside is shown: short, on one line, with nothing in it that a terminal obeys.

const LIMIT = 80;
// control, format (bidirectional marks), lone surrogate, private and unassigned characters, and line separators
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

const escaped = (character: string): string => `\\u{${Number(character.codePointAt(0)).toString(16)}}`;

/** At most 80 characters; hidden characters appear as `\u{…}`, and `…` stands for what was left out. */
export const shown = (text: string): string => {
  // cut before escaping as well: a megabyte of control characters is not worth escaping
  const characters = [...text.slice(0, 2 * LIMIT).replace(HIDDEN, escaped)];
  if (characters.length <= LIMIT && text.length <= 2 * LIMIT) return characters.join('');
  return `${characters.slice(0, LIMIT - 1).join('')}…`;
};
