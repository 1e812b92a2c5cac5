export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a log line carries beside its text: positions, counts, durations. Never keys or values of records. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Logging as a port. Text is a fixed English sentence; what varies goes into the fields. */
export interface Logger {
  log(level: LogLevel, text: string, fields?: LogFields): void;
}

/** A logger that drops everything. */
export const silentLogger: Logger = { log: () => undefined };

/** Adds the same fields to every line, for instance the thread or the task. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  return { log: (level, text, more) => logger.log(level, text, { ...fields, ...more }) };
}
