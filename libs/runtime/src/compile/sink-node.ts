/** The end of a stream: a record becomes bytes and goes to a topic, in the partition of its key unless the user has a say in it. */
import type { OperatorMetrics, StreamNode } from '@millrace/operators';
import { partitionForKey } from '@millrace/protocol';
import type { Serde } from '@millrace/serde';
import type { RecordContext } from '@millrace/state';
import type { RecordContext as ShownContext } from '@millrace/topology';
import type { UnsentRecord } from '../task/exception-handlers.ts';
import type { RecordCollector } from '../task/stream-task.ts';

export interface SinkOptions {
  readonly name: string;
  /** As it is called in Kafka. Unused where `extract` gives it. */
  readonly topic: string;
  readonly extract: ((key: unknown, value: unknown, context: ShownContext) => string) | undefined;
  readonly choose: PartitionChoice | undefined;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  readonly collector: RecordCollector;
  readonly context: RecordContext;
  readonly metrics: OperatorMetrics;
  readonly onError: OnProductionError;
}

/** A record cannot be written; see ProductionExceptionHandler. Throws unless it is to be dropped. */
export type OnProductionError = (
  error: unknown,
  node: string,
  record: UnsentRecord,
  origin: 'KEY' | 'VALUE' | null,
) => void;

type PartitionChoice = (
  topic: string,
  key: unknown,
  value: unknown,
  partitions: number,
) => number | readonly number[] | undefined;

export function sinkNode(options: SinkOptions): StreamNode {
  const { name, topic, extract, choose, keySerde, valueSerde, collector, context, metrics, onError } = options;
  let turn = 0;
  const send = (to: string, key: unknown, value: unknown, timestamp: number): void => {
    const partitions = collector.partitionCount(to);
    let keyBytes: Uint8Array | null = null;
    let valueBytes: Uint8Array | null = null;
    // What is being done; undefined: the user's partitioner decides, whose errors are not those of the record.
    let origin: 'KEY' | 'VALUE' | null | undefined = 'KEY';
    try {
      if (key !== null) keyBytes = keySerde.serialize(to, key);
      origin = 'VALUE';
      if (value !== null) valueBytes = valueSerde.serialize(to, value);
      origin = undefined;
      const chosen = choose === undefined ? undefined : choose(to, key, value, partitions);
      if (typeof chosen === 'object') {
        if (chosen.length === 0) return metrics.dropped(name);
        origin = null;
        for (const partition of new Set(chosen))
          collector.append(to, partition, keyBytes, valueBytes, timestamp, context.headers);
        return;
      }
      const hashed = keyBytes === null ? null : keySerde.partitionBytes ? keySerde.partitionBytes(to, key) : keyBytes;
      const partition = chosen ?? (hashed === null ? turn++ % partitions : partitionForKey(hashed, partitions));
      origin = null;
      collector.append(to, partition, keyBytes, valueBytes, timestamp, context.headers);
    } catch (error) {
      if (origin === undefined) throw error;
      const content = origin === null ? { key: keyBytes, value: valueBytes } : { key, value };
      onError(error, name, { topic: to, ...content, timestamp, headers: context.headers ?? [] }, origin);
    }
  };
  if (extract === undefined) return (key, value, timestamp) => send(topic, key, value, timestamp);
  return (key, value, timestamp) => send(extract(key, value, shownContext(context, timestamp)), key, value, timestamp);
}

const nowhere = { topic: null, partition: -1, offset: -1 };

function shownContext({ origin, headers = [] }: RecordContext, timestamp: number): ShownContext {
  const { topic, partition, offset } = origin ?? nowhere;
  return { topic, partition, offset, timestamp, headers };
}
