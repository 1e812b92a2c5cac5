/** Formats of keys and values as serdes. Only their reading side is used. */
import { millraceError } from '@millrace/base';
import { Serdes, avroReader, json, timeWindowed, type Serde } from '@millrace/serde';
import type { Format, PlainFormat } from './config.ts';

/** A serde of its own for each use: what it learns of a registry belongs to one topic. */
export function serdeOf(format: Format): Serde<unknown> {
  return typeof format === 'string'
    ? plainSerde(format)
    : (timeWindowed(plainSerde(format.inner), format.windowSizeMs) as Serde<unknown>);
}

function plainSerde(format: PlainFormat): Serde<unknown> {
  switch (format) {
    case 'string':
      return wellFormedString as Serde<unknown>;
    case 'long':
      return Serdes.bigint() as Serde<unknown>;
    case 'json':
      return json<unknown>();
    case 'avro':
      return avroReader();
    case 'bytes':
      return Serdes.bytes() as Serde<unknown>;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that are no UTF-8 are refused: read with replacement characters, different keys would become one row. */
const wellFormedString: Serde<string> = {
  ...Serdes.string(),
  deserialize: (topic, bytes) => {
    const text = Serdes.string().deserialize(topic, bytes);
    if (!text.includes('\ufffd')) return text;
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw millraceError('MR_SERDE_UNREADABLE', { serde: 'string', topic, problem: 'it is no UTF-8' }, cause);
    }
  },
};
