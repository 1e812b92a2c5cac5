/** Bytes that Kafka Streams writes below its API, section by section: hashes, serdes, store and changelog keys, offset metadata, topic settings. */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { MillraceError } from '@millrace/base';
import { murmur2, partitionForKey } from '@millrace/protocol';
import { decodeOffsetMetadata, encodeOffsetMetadata } from '@millrace/runtime';
import {
  change,
  murmur3,
  readVarint,
  Serdes,
  sessionWindowed,
  subscription,
  subscriptionKey,
  subscriptionResponse,
  timeWindowed,
  varint,
  type Instruction,
  type Serde,
} from '@millrace/serde';
import {
  checkBufferedChange,
  checkPosition,
  checkRecordContext,
  checkTopicConfigs,
  checkWaitingItem,
  checkWaitingPlace,
} from './low-level-changelogs.ts';
import { checkHeadersFormat, checkSegmentRow, checkTimedRow } from './low-level-rows.ts';
import { checkAssignmentInfo, checkSubscriptionInfo } from './low-level-groups.ts';

/** The fields of all sections; each entry has those of its own. */
interface Vector {
  readonly hex: string;
  /** A number; for foreign keys two halves of 64 bits, or null. */
  readonly hash: unknown;
  readonly partition: Readonly<Record<string, number>>;
  readonly serde: string;
  readonly value: string | null;
  readonly upgradeFrom: string | null;
  readonly new: string | null;
  readonly old: string | null;
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly timeWindowedSerializer: string;
  readonly sessionWindowedSerializer: string;
  readonly input: string;
  readonly h1: string;
  readonly h2: string;
  readonly code: Instruction;
  readonly version: 0 | 1;
  readonly primaryKey: string;
  readonly primaryPartition?: number;
  readonly foreignKey: string;
  readonly foreignValue: string | null;
  readonly partitionTime: number;
  readonly processor: Readonly<Record<string, number>>;
  readonly text: string;
  readonly error?: string;
}

type Check = (vector: never) => boolean;

/** What came of a section. `unknown`: nothing here knows how to check it yet. */
export interface SectionResult {
  readonly section: string;
  readonly passed: number;
  readonly failed: readonly string[];
  readonly unknown: number;
}

export function runLowLevel(file: string): SectionResult[] {
  const sections = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, readonly Vector[] | string>>;
  return Object.entries(sections).flatMap(([section, vectors]) => {
    if (typeof vectors === 'string') return [];
    const check = checks[section];
    if (check === undefined) return [{ section, passed: 0, failed: [], unknown: vectors.length }];
    const failed = vectors.flatMap((vector) => {
      const problem = problemOf(check, vector);
      return problem === undefined ? [] : [`${section} ${JSON.stringify(vector)}${problem}`];
    });
    return [{ section, passed: vectors.length - failed.length, failed, unknown: 0 }];
  });
}

function problemOf(check: Check, vector: Vector): string | undefined {
  try {
    return check(vector as never) ? undefined : '';
  } catch (error) {
    return `: ${String(error)}`;
  }
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex');

interface Kind {
  readonly serde: Serde<never>;
  readonly parse: (text: string) => unknown;
}

const kind = <T>(serde: Serde<T>, parse: (text: string) => T): Kind => ({ serde: serde as Serde<never>, parse });
const hexValue = (text: string): Buffer => Buffer.from(text.replace(/^hex /, ''), 'hex');

/** A list as the recorder prints it: `[a,null,b]`. */
const items =
  <T>(parse: (text: string) => T) =>
  (text: string): (T | null)[] =>
    text === '[]'
      ? []
      : text
          .slice(1, -1)
          .split(',')
          .map((item) => (item === 'null' ? null : parse(item)));

const kinds: Readonly<Record<string, Kind>> = {
  long: kind(Serdes.bigint(), BigInt),
  int: kind(Serdes.integer(), Number),
  short: kind(Serdes.short(), Number),
  double: kind(Serdes.double(), Number),
  float: kind(Serdes.float(), (text) => Math.fround(Number(text))),
  uuid: kind(Serdes.uuid(), String),
  boolean: kind(Serdes.boolean(), (text) => text === 'true'),
  string: kind(Serdes.string(), (text) => (text.includes('lone surrogate') ? '\ud800' : text)),
  bytes: kind(Serdes.bytes(), hexValue),
  byteArray: kind(Serdes.bytes(), hexValue),
  'list(string)': kind(Serdes.list(Serdes.string()), items(String)),
  'list(long)': kind(Serdes.list(Serdes.long()), items(Number)),
  'list(int)': kind(Serdes.list(Serdes.integer()), items(Number)),
  'list(short)': kind(Serdes.list(Serdes.short()), items(Number)),
  'list(double)': kind(Serdes.list(Serdes.double()), items(Number)),
  'list(uuid)': kind(Serdes.list(Serdes.uuid()), items(String)),
  'list(byteArray)': kind(Serdes.list(Serdes.bytes()), items(hexValue)),
};

/** Two halves of 64 bits, high one first. */
function halves([first, second]: readonly [string, string]): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigInt64BE(BigInt(first), 0);
  bytes.writeBigInt64BE(BigInt(second), 8);
  return bytes;
}

function hashOf(hash: unknown): Buffer | null {
  return hash === null ? null : halves(hash as [string, string]);
}

/** Null is no matter of a serde here: a null value is null bytes. */
function checkSerde({ serde: name, value, hex }: Vector): boolean {
  if ((hex as string | null) === null || value === null) return value === null || value === 'null';
  const known = kinds[name];
  if (known === undefined) throw new Error('this serde is not known yet');
  const given = known.parse(value) as never;
  if (hexOf(known.serde.serialize('t', given)) !== hex) return false;
  const read: unknown = known.serde.deserialize('t', bytesOf(hex));
  return String(value).includes('surrogate') || isDeepStrictEqual(read, given) || Number.isNaN(read);
}

function isRefused(write: () => unknown): boolean {
  try {
    write();
    return false;
  } catch (error) {
    return MillraceError.is(error) && error.code === 'MR_SERDE_UNSUITABLE';
  }
}

function checkVarint({ value, hex }: { readonly value: number; readonly hex: string }): boolean {
  const bytes = varint(value);
  return hexOf(bytes) === hex && isDeepStrictEqual(readVarint(bytes), { value, end: bytes.length });
}

/** Those of key and value bytes; the others have files of their own. */
const serdeChecks: Readonly<Record<string, (vector: Vector) => boolean>> = {
  murmur2: ({ hex, hash, partition }) => {
    const key = bytesOf(hex);
    const isLanding = ([count, wanted]: [string, unknown]): boolean => partitionForKey(key, Number(count)) === wanted;
    return murmur2(key) === hash && Object.entries(partition).every(isLanding);
  },
  serdes: checkSerde,
  change: ({ upgradeFrom, new: newValue, old: oldValue, hex, error }) => {
    // Versions before 3.5 cannot read both values in one record.
    const serde = change(Serdes.string(), upgradeFrom === null || Number(upgradeFrom) >= 3.5);
    const write = (): string => hexOf(serde.serialize('t', { oldValue, newValue }));
    return error === undefined ? write() === hex : isRefused(write);
  },
  changeDecode: ({ hex, new: newValue, old: oldValue }) =>
    isDeepStrictEqual(change(Serdes.string()).deserialize('t', bytesOf(hex)), { oldValue, newValue }),
  windowKeys: ({ key, start, end, timeWindowedSerializer, sessionWindowedSerializer }) => {
    const windowed = { key, window: { start, end } };
    const isRight = (serde: Serde<typeof windowed>, hex: string): boolean => {
      const bytes = serde.serialize('t', windowed);
      return hexOf(bytes) === hex && isDeepStrictEqual(serde.deserialize('t', Buffer.from(bytes)), windowed);
    };
    return (
      isRight(timeWindowed(Serdes.string(), end - start), timeWindowedSerializer) &&
      isRight(sessionWindowed(Serdes.string()), sessionWindowedSerializer)
    );
  },
  murmur3: ({ input, h1, h2 }) => murmur3(bytesOf(input)).equals(halves([h1, h2])),
  fkSubscription: ({ hash, code, version, primaryKey, primaryPartition = null, hex }) => {
    const given = { hash: hashOf(hash), instruction: code, primaryKey, primaryPartition };
    const serde = subscription(Serdes.string(), 't-pk', version);
    return hexOf(serde.serialize('t', given)) === hex && isDeepStrictEqual(serde.deserialize('t', bytesOf(hex)), given);
  },
  fkResponse: ({ hash, foreignValue, hex }) => {
    const serde = subscriptionResponse(Serdes.string());
    const given = { hash: hashOf(hash), foreignValue, primaryPartition: null };
    const read = { ...given, foreignValue: foreignValue === '' ? null : foreignValue };
    return hexOf(serde.serialize('t', given)) === hex && isDeepStrictEqual(serde.deserialize('t', bytesOf(hex)), read);
  },
  fkSubscriptionStoreKey: ({ foreignKey, primaryKey, hex }) =>
    hexOf(subscriptionKey(Buffer.from(foreignKey), Buffer.from(primaryKey))) === hex,
  offsetMetadata: ({ partitionTime, processor, text }) =>
    encodeOffsetMetadata(partitionTime, Object.entries(processor)) === text,
  offsetMetadataDecode: ({ text, partitionTime }) => decodeOffsetMetadata(text).partitionTime === partitionTime,
};

const checks: Readonly<Record<string, Check>> = {
  ...serdeChecks,
  varint: checkVarint,
  recordContext: checkRecordContext,
  suppressChangelogValue: checkBufferedChange,
  outerJoinSharedKey: checkWaitingPlace,
  outerJoinSharedValue: checkWaitingItem,
  position: checkPosition,
  valueAndTimestamp: checkTimedRow,
  headersFormat: checkHeadersFormat,
  versionedSegmentRow: checkSegmentRow,
  subscriptionInfo: checkSubscriptionInfo,
  assignmentInfo: checkAssignmentInfo,
  internalTopicConfigs: checkTopicConfigs,
};
