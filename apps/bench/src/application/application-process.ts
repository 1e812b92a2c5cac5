/** The process that a bench measures: takes its job from its parent, answers with reports, ends when told to. */
import type { Logger } from '@millrace/base';
import {
  startApplication,
  type ApplicationJob,
  type ApplicationReport,
  type RunningApplication,
} from './application.ts';

export type ToApplication =
  { readonly type: 'start'; readonly job: ApplicationJob } | { readonly type: 'report' | 'stop' };
export type FromApplication =
  { readonly type: 'started' | 'stopped' } | { readonly type: 'report'; readonly report: ApplicationReport };

const logger: Logger = {
  log: (level, text, fields) => {
    if (level === 'warn' || level === 'error')
      process.stderr.write(`application: ${level}: ${text} ${JSON.stringify(fields ?? {})}\n`);
  },
};

let application: RunningApplication | undefined;

async function answer(message: ToApplication): Promise<FromApplication> {
  if (message.type === 'start') {
    application = await startApplication(message.job, logger);
    return { type: 'started' };
  }
  if (application === undefined) throw new Error('it was not started');
  application.check();
  if (message.type === 'report') return { type: 'report', report: await application.report() };
  await application.stop();
  return { type: 'stopped' };
}

process.on('message', (message: ToApplication) => {
  answer(message).then(
    (reply) => process.send?.(reply),
    (error: unknown) => {
      process.stderr.write(`application: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
});
// Without its parent it has no purpose.
process.on('disconnect', () => process.exit(1));
