/** `Produced`, `Consumed` and what chooses topics and partitions, by the words of the case language. */
import { Buffer } from 'node:buffer';
import type { InvalidTimestampPolicy, StreamPartitioner, TimestampExtractor, TopicNameExtractor } from '@millrace/dsl';
import { parts, text } from '../case-functions.ts';

const policies: Readonly<Record<string, InvalidTimestampPolicy>> = {
  failOnInvalid: 'failOnInvalidTimestamp',
  logAndSkip: 'logAndSkipOnInvalidTimestamp',
  usePartitionTime: 'usePartitionTimeOnInvalidTimestamp',
  wallclock: 'wallclock',
};

export function timestampOf(spec: string): TimestampExtractor<unknown, unknown> | InvalidTimestampPolicy {
  const policy = policies[spec];
  if (policy !== undefined) return policy;
  const [name, argument] = parts(spec);
  if (name !== 'valueField' && name !== 'valueFieldOrPartition') throw new Error(`unknown extractor ${spec}`);
  return (value, _key, _recordTimestamp, partitionTime) => {
    const found = value === null ? undefined : text(value).split(',')[Number(argument)];
    if (found !== undefined && /^-?[0-9]{1,18}$/.test(found)) return Number(found);
    return name === 'valueField' ? -1 : partitionTime;
  };
}

const topics: Readonly<Record<string, (argument: string) => TopicNameExtractor<unknown, unknown>>> = {
  keyPrefix: (x) => (key) => x + text(key),
  firstChar: (x) => (_key, value) => x + (value === null ? '' : text(value).charAt(0)),
  header: (name) => (_key, _value, context) => {
    const last = context.headers.findLast((header) => header.key === name);
    return last?.value ? Buffer.from(last.value).toString('utf8') : 'unrouted';
  },
  sourceTopic: (x) => (_key, _value, context) => x + String(context.topic),
};

/** Its name is the spec, as `describe` shows it. */
export function topicOf(spec: string): TopicNameExtractor<unknown, unknown> {
  const [name, argument] = parts(spec);
  const made = topics[name]?.(argument);
  if (made === undefined) throw new Error(`unknown topicFn ${spec}`);
  return Object.defineProperty(made, 'name', { value: spec });
}

export function partitionerOption(spec: unknown): { readonly partitioner?: StreamPartitioner<unknown, unknown> } {
  return spec === undefined ? {} : { partitioner: partitionerOf(String(spec)) };
}

function partitionerOf(spec: string): StreamPartitioner<unknown, unknown> {
  const [name, argument] = parts(spec);
  switch (name) {
    case 'const':
      return () => Number(argument);
    case 'multi':
      return () => argument.split(',').map(Number);
    case 'drop':
      return () => [];
    case 'default':
      return () => undefined;
    default:
      throw new Error(`unknown partitioner ${spec}`);
  }
}
