import type { LogLevel, Logger } from '@millrace/base';

export interface ConsoleLoggerOptions {
  /** Lines below this level are dropped. @default 'info' */
  readonly level?: LogLevel;
  /** `json`: one object a line, for machines. `text`: for people. @default 'text' */
  readonly format?: 'json' | 'text';
  readonly write?: (line: string) => void;
}

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Writes log lines to standard error, so that standard output stays free for results. */
export function consoleLogger(options: ConsoleLoggerOptions = {}): Logger {
  const least = rank[options.level ?? 'info'];
  const write = options.write ?? ((line: string): void => void process.stderr.write(`${line}\n`));
  const line = options.format === 'json' ? jsonLine : textLine;
  return { log: (level, text, fields) => void (rank[level] >= least && write(line(level, text, fields ?? {}))) };
}

function jsonLine(level: LogLevel, text: string, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ time: new Date().toISOString(), level, text, ...fields }, plain);
}

function textLine(level: LogLevel, text: string, fields: Readonly<Record<string, unknown>>): string {
  const rest = Object.entries(fields).map(
    ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value, plain)}`,
  );
  return `${new Date().toISOString().slice(11, 23)} ${level.padEnd(5)} ${text}${rest.join('')}`;
}

/** Errors and big integers have no JSON form of their own. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return { message: value.message, ...('code' in value ? { code: value.code } : {}) };
  return value;
}
