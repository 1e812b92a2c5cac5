/** Where servers keep classes, data, logs and pid files; and the one error they throw. */
import { homedir } from 'node:os';
import path from 'node:path';

export const home = () => process.env['MILLRACE_SERVERS_HOME'] ?? path.join(homedir(), '.cache/millrace-servers');

/** Says what is wrong and what to do; the command line prints both and exits 1. */
export class ServerError extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}
