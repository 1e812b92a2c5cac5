/**
 * The state on the workers' disks as it must be: whatever its age, each store holds exactly what its changelog held, committed, up to the
 * position that is stored with it. Keys are taken apart by hand, so that the layout bears witness too.
 */
import type { StateEngines } from '@millrace/ports';
import type { CommittedRecord } from '@millrace/testing';

/** A store of the topology: the sub-topology it belongs to, its number there, and its changelog. */
export interface StoreLayout {
  readonly subtopology: number;
  readonly number: number;
  readonly windowed: boolean;
  readonly changelog: string;
}

/** What lies in the engine of one task: rows by key, both in hex. */
export interface StoredTask {
  readonly disk: number;
  readonly subtopology: number;
  readonly partition: number;
  readonly rows: ReadonlyMap<string, string>;
}

/** Reads all engines of tasks on all disks. */
export async function readStoredTasks(disks: readonly StateEngines[]): Promise<StoredTask[]> {
  const tasks: StoredTask[] = [];
  for (const [disk, engines] of disks.entries()) {
    for (const name of await engines.list()) {
      const [, subtopology, partition] = /^(\d+)_(\d+)$/.exec(name) ?? [];
      if (subtopology === undefined || partition === undefined) continue;
      tasks.push({
        disk,
        subtopology: Number(subtopology),
        partition: Number(partition),
        rows: await rowsOf(engines, name),
      });
    }
  }
  return tasks;
}

/** What a store holds that it should not, or lacks; undefined when it is right, or was never written. */
export function storeFault(
  task: StoredTask,
  layout: StoreLayout,
  changelog: readonly CommittedRecord[],
): string | undefined {
  const stored = task.rows.get(positionKey(layout.changelog));
  if (stored === undefined) return undefined;
  const position = Number(BigInt(`0x${stored}`));
  const expected = new Map<string, string | undefined>();
  for (const record of changelog) if (record.offset < position) expected.set(localKey(layout, record), row(record));
  const prefix = storePrefix(layout.number);
  for (const key of task.rows.keys()) if (key.startsWith(prefix) && !expected.has(key)) expected.set(key, undefined);
  for (const [key, value] of expected) {
    const actual = task.rows.get(key);
    if (actual !== value) return `row ${key} at position ${position}: expected ${value}, got ${actual}`;
  }
  return undefined;
}

async function rowsOf(engines: StateEngines, name: string): Promise<Map<string, string>> {
  const engine = await engines.open(name);
  const rows = new Map<string, string>();
  for await (const chunk of engine.scan({}))
    for (const [key, value] of chunk) rows.set(key.toString('hex'), value.toString('hex'));
  await engine.close();
  return rows;
}

function storePrefix(number: number): string {
  return number.toString(16).padStart(4, '0');
}

function positionKey(topic: string): string {
  return storePrefix(0) + Buffer.from(`changelog${topic}`).toString('hex');
}

/** Windows are kept in the order of time: the start, which ends a changelog key before four bytes of sequence, comes first. */
function localKey({ number, windowed }: StoreLayout, { key }: CommittedRecord): string {
  const bytes = key ?? Buffer.alloc(0);
  const end = bytes.length - 12;
  const own = windowed ? bytes.toString('hex', end, end + 8) + bytes.toString('hex', 0, end) : bytes.toString('hex');
  return storePrefix(number) + own;
}

/** A row is the record's timestamp and its value; a tombstone is no row. */
function row({ timestamp, value }: CommittedRecord): string | undefined {
  return value === null ? undefined : BigInt(timestamp).toString(16).padStart(16, '0') + value.toString('hex');
}
