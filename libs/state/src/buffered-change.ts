import type { Header } from '@millrace/ports';
import { encodeRecordContext, int32, int64, sized } from './record-context-bytes.ts';
import { ownHeaders, type RecordContext, type RecordOrigin } from './record-context.ts';

const sameAsPrior = -2;
const nowhere: RecordOrigin = { topic: '', partition: -1, offset: -1 };

/** A change that waits, as the JVM library keeps and logs it: values as bytes, with the context of the record that caused it. */
export class BufferedChange {
  /** The value downstream before the key began to wait. */
  readonly prior: Buffer | null;
  /** The value before this change; the same object as `prior` when equal. */
  readonly oldValue: Buffer | null;
  readonly newValue: Buffer | null;
  readonly timestamp: number;
  readonly headers: readonly Header[] | undefined;
  readonly origin: RecordOrigin;

  constructor(
    prior: Buffer | null,
    oldValue: Buffer | null,
    newValue: Buffer | null,
    timestamp: number,
    { headers, origin = nowhere }: Pick<RecordContext, 'headers' | 'origin'>,
  ) {
    this.prior = prior !== null && oldValue !== null && prior.equals(oldValue) ? oldValue : prior;
    this.oldValue = oldValue;
    this.newValue = newValue;
    this.timestamp = timestamp;
    this.headers = headers === undefined ? undefined : ownHeaders(headers);
    this.origin = origin;
  }

  /** What the JVM library counts for it and its key. */
  sizeWith(key: Buffer): number {
    const { prior, oldValue, newValue, headers = [], origin } = this;
    const values = sizeOf(prior) + (oldValue === prior ? 0 : sizeOf(oldValue)) + sizeOf(newValue);
    const context = 20 + (origin.topic ?? '').length;
    const named = headers.reduce((sum, header) => sum + header.key.length + (header.value?.length ?? 0), 0);
    return 8 + key.length + values + context + named;
  }

  /** Version 3 of the changelog, which 2.4.0 and later write: `context || prior || old || new || i64 time` */
  serialize(time: number): Buffer {
    const { prior, oldValue, newValue } = this;
    const before = oldValue !== null && oldValue === prior ? [int32(sameAsPrior)] : sized(oldValue);
    return Buffer.concat([encodeRecordContext(this), ...sized(prior), ...before, ...sized(newValue), int64(time)]);
  }
}

function sizeOf(bytes: Buffer | null): number {
  return bytes === null ? 0 : bytes.length;
}
