/** What processors of cases have in common. */
import type { Processor, ProcessorContext, ProcessorRecord } from '@millrace/topology';

export type AnyRecord = ProcessorRecord<unknown, unknown>;
export type AnyProcessor = Processor<unknown, unknown, unknown, unknown>;
export type AnyContext = ProcessorContext<unknown, unknown>;
/** Arguments of a processor; all are read as text. */
export type Args = Readonly<Record<string, unknown>>;
