/** Draws the records that a topology is fed. */
import { Buffer } from 'node:buffer';
import type { RecordInput } from '@millrace/app-goldens';
import type { Draw } from './draw.ts';

export interface InputOptions {
  readonly topics: readonly string[];
  /** How much older than the newest a record may be, ms of event time. */
  readonly disorderMs: number;
  /** Steps of event time between records go up to this. */
  readonly stepMs: number;
  /** Share of records without a value. */
  readonly nullValues: number;
  /** Records for each key and topic at these times behind the last one, so that everything closes everywhere. */
  readonly closeAfterMs: readonly number[];
  /** Some records have headers. @default true */
  readonly headers?: boolean;
  /** Values are whole numbers. */
  readonly numeric?: boolean;
}

const keys = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const values = ['p', 'q', 'r', 's', 't1', 'u,v', 'b', 'c'] as const;

/** What is fed; the closing records are the last ones. */
export interface DrawnInputs {
  readonly inputs: readonly RecordInput[];
  readonly closing: number;
}

export function drawInputs(draw: Draw, options: InputOptions): DrawnInputs {
  const { topics, disorderMs, stepMs, nullValues, closeAfterMs } = options;
  let time = draw.int(0, 30);
  const inputs = draw.list(8, 60, (): RecordInput => {
    time += draw.chance(0.3) ? 0 : draw.int(0, stepMs);
    const ts = Math.max(0, time - (draw.chance(0.3) ? draw.int(0, disorderMs) : 0));
    const value = options.numeric === true ? String(draw.int(-3, 20)) : draw.pick(values);
    return record(
      draw.pick(topics),
      draw.pick(keys),
      draw.chance(nullValues) ? null : value,
      ts,
      options.headers === false ? [] : drawHeaders(draw),
    );
  });
  const closers = closeAfterMs.flatMap((afterMs) =>
    topics.flatMap((topic) => keys.map((key) => record(topic, key, '7', time + afterMs, []))),
  );
  return { inputs: [...inputs, ...closers], closing: closers.length };
}

type Headers = NonNullable<RecordInput['headers']>;

function drawHeaders(draw: Draw): Headers {
  return draw.chance(0.2) ? [['h', Buffer.from(String(draw.int(0, 9))).toString('hex')]] : [];
}

function record(topic: string, key: string, value: string | null, ts: number, headers: Headers): RecordInput {
  const hex = (text: string): string => Buffer.from(text).toString('hex');
  return { topic, keyHex: hex(key), valueHex: value === null ? null : hex(value), ts, headers };
}
