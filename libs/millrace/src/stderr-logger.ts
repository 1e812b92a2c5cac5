import type { Logger } from '@millrace/base';

/** One line a message on standard error; `debug` is left out. */
export const stderrLogger: Logger = {
  log(level, text, fields) {
    if (level === 'debug') return;
    const rest = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
    process.stderr.write(`${new Date().toISOString()} ${level.toUpperCase()} ${text}${rest}\n`);
  },
};
