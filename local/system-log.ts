// What the parts of the system and its functions write: the newest lines, and whoever listens.

export type LogLine = {
  /** a function, or a part of the system */
  readonly source: string;
  readonly text: string;
};

export type SystemLog = {
  write(source: string, text: string): void;
  /** newest last, bounded */
  lines(): readonly LogLine[];
};

const LINES_KEPT = 1_000;

export const createSystemLog = (sink: (line: LogLine) => void): SystemLog => {
  const lines: LogLine[] = [];
  return {
    lines: () => [...lines],
    write: (source, text) => {
      const line = { source, text };
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      sink(line);
    },
  };
};
