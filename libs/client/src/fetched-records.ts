/** What a fetch answer holds for one partition, and its way into columns: nothing is copied, views are made on demand. */
import type { Buffer } from 'node:buffer';
import type { FetchedBatch, Header, IsolationLevel } from '@millrace/ports';
import { decodeBatch, readBatchHeader, readHeaders, RecordColumns, type BatchHeader } from '@millrace/protocol';
import { ReadCommittedFilter, type AbortedTransaction } from './read-committed-filter.ts';

/** The undecoded answer for one partition. */
export interface FetchedPart {
  readonly bytes: Buffer;
  /** Where the reader was when it asked; the first batch may begin before. */
  readonly offset: number;
  readonly nextOffset: number;
  readonly headers: readonly BatchHeader[];
  readonly aborted: readonly AbortedTransaction[];
}

const maxOffsetDelta = 0x7fff_ffff;
const minRecordBytes = 7;

/** Records that lie behind each other in one buffer. */
class FetchedRecords implements FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  readonly nextOffset: number;
  readonly leaderEpoch: number;
  readonly #columns: RecordColumns;
  readonly #first: number;

  constructor(
    topic: string,
    partition: number,
    { columns, first, nextOffset, leaderEpoch }: Pick<RecordGroup, 'columns' | 'first' | 'nextOffset' | 'leaderEpoch'>,
  ) {
    this.topic = topic;
    this.partition = partition;
    this.count = columns.count - first;
    this.nextOffset = nextOffset;
    this.leaderEpoch = leaderEpoch;
    this.#columns = columns;
    this.#first = first;
  }

  offset(i: number): number {
    return this.#columns.offset(this.#first + i);
  }

  timestamp(i: number): number {
    return this.#columns.timestamp[this.#first + i] as number;
  }

  key(i: number): Buffer | null {
    return this.#columns.key(this.#first + i);
  }

  value(i: number): Buffer | null {
    return this.#columns.value(this.#first + i);
  }

  headers(i: number): readonly Header[] {
    const at = this.#first + i;
    return this.#columns.hdrCount[at] === 0 ? noHeaders : readHeaders(this.#columns, at);
  }
}

const noHeaders: readonly Header[] = [];

/** Batches that share columns: those of a compressed batch, or neighbours that are not compressed. */
interface RecordGroup {
  readonly headers: BatchHeader[];
  readonly columns: RecordColumns;
  readonly leaderEpoch: number;
  nextOffset: number;
  first: number;
}

/** Finds the batches of an answer; undefined when it does not hold a whole one. */
export function fetchedPart(
  bytes: Buffer,
  offset: number,
  aborted: readonly AbortedTransaction[],
): FetchedPart | undefined {
  const headers: BatchHeader[] = [];
  let nextOffset = offset;
  for (let position = 0; ;) {
    const header = readBatchHeader(bytes, position);
    if (header === undefined) break;
    position += header.sizeInBytes;
    if (header.lastOffset < offset) continue;
    headers.push(header);
    nextOffset = header.lastOffset + 1;
  }
  return headers.length === 0 ? undefined : { bytes, offset, nextOffset, headers, aborted };
}

/** Decodes the records that a reader may see. At least one batch comes out, perhaps without records, so that positions move. */
export function decodePart(
  topic: string,
  partition: number,
  part: FetchedPart,
  isolation: IsolationLevel,
): FetchedBatch[] {
  const groups = visibleGroups(part, isolation);
  for (const group of groups) decodeGroup(part.bytes, group);
  skipBefore(part.offset, groups[0] as RecordGroup);
  return groups.map((group) => new FetchedRecords(topic, partition, group));
}

function visibleGroups({ bytes, headers, aborted, nextOffset }: FetchedPart, isolation: IsolationLevel): RecordGroup[] {
  const filter = isolation === 'read_committed' ? new ReadCommittedFilter(aborted) : undefined;
  const groups: RecordGroup[] = [];
  let open: RecordGroup | undefined;
  for (const header of headers) {
    if (filter === undefined ? header.isControl : filter.hides(bytes, header)) continue;
    const alone = header.compression !== 0;
    const base = open?.headers[0]?.baseOffset ?? 0;
    if (open === undefined || alone || header.lastOffset - base > maxOffsetDelta) {
      if (groups.length > 0) (groups[groups.length - 1] as RecordGroup).nextOffset = header.baseOffset;
      open = newGroup(header.leaderEpoch);
      groups.push(open);
    }
    open.headers.push(header);
    if (alone) open = undefined;
  }
  if (groups.length === 0) groups.push(newGroup(headers[headers.length - 1]?.leaderEpoch ?? -1));
  (groups[groups.length - 1] as RecordGroup).nextOffset = nextOffset;
  return groups;
}

function newGroup(leaderEpoch: number): RecordGroup {
  return { headers: [], columns: new RecordColumns(), leaderEpoch, nextOffset: -1, first: 0 };
}

function decodeGroup(bytes: Buffer, { headers, columns }: RecordGroup): void {
  let capacity = 0;
  // A count that the bytes cannot hold is a lie: it reserves nothing, and decoding refuses it.
  for (const { count, sizeInBytes } of headers) capacity += Math.min(count, sizeInBytes / minRecordBytes);
  columns.ensure(Math.ceil(capacity));
  for (const header of headers) decodeBatch(bytes, header, columns);
}

/** A batch is sent whole even when the reader stands in the middle of it. */
function skipBefore(offset: number, group: RecordGroup): void {
  const { columns } = group;
  while (group.first < columns.count && columns.offset(group.first) < offset) group.first += 1;
}
