/**
 * A record that cannot be read or processed, as it is put aside: key, value, time and headers as they came, and the JVM library's headers that say what was
 * wrong and where it came from (KIP-1034). It goes through the task's own producer, so with exactly once it is there once, together with the
 * offsets that pass it.
 */
import { MillraceError } from '@millrace/base';
import { fitDeadLetter, partitionForKey } from '@millrace/protocol';
import type { RawRecord } from './exception-handlers.ts';
import type { RecordCollector } from './stream-task.ts';

/** An input record and what was wrong with it. In a punctuation there is none: then topic, key and value are null, partition and offset -1. */
export interface BadRecord extends Omit<RawRecord, 'topic'> {
  readonly topic: string | null;
  readonly error: unknown;
}

/** Where records are put aside. */
export interface DeadLetterTopic {
  readonly topic: string;
  /** Larger batches are refused by the broker; a record that does not fit is cut, and says so. */
  readonly batchBytesMax: number;
}

/** Appends a record to the dead-letter topic. */
export function putAside(collector: RecordCollector, { topic, batchBytesMax }: DeadLetterTopic, bad: BadRecord): void {
  const { key, value, headers, timestamp } = bad;
  const width = collector.partitionCount(topic);
  const partition = key === null ? Math.max(0, bad.partition) % width : partitionForKey(key, width);
  const came = { key, value, headers, reason: reasonOf(bad), prefix: '__streams.errors.' };
  const letter = fitDeadLetter(came, batchBytesMax);
  collector.append(topic, partition, letter.key, letter.value, timestamp, letter.headers);
}

function reasonOf({ topic, partition, offset, error }: BadRecord): Readonly<Record<string, string | null>> {
  const { stack } = error instanceof Error ? error : new TypeError(String(error));
  return {
    ...exceptionOf(error),
    stacktrace: stack ?? '',
    topic,
    partition: String(partition),
    offset: String(offset),
  };
}

/** What the JVM's serdes throw has its class and words, so that who reads dead letters need not know who wrote them; the code is in the stack trace. */
function exceptionOf(error: unknown): { readonly exception: string; readonly message: string } {
  if (!MillraceError.is(error)) {
    const { name, message } = error instanceof Error ? error : new TypeError(String(error));
    return { exception: name, message };
  }
  const { code, message } = error;
  if (code !== 'MR_SERDE_SIZE') return { exception: code, message };
  const { serde, expected } = error.details as { readonly serde: string; readonly expected: number };
  const type = serde === 'bigint' ? 'long' : serde;
  const deserializer = `${type.charAt(0).toUpperCase()}${type.slice(1)}Deserializer`;
  return {
    exception: 'org.apache.kafka.common.errors.SerializationException',
    message: `Size of data received by ${deserializer} is not ${expected}`,
  };
}
