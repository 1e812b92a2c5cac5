/** State engines on LevelDB: one database a name below a directory, written atomically, locked against other processes. */
import { millraceError } from '@millrace/base';
import type { EngineWrite, KeyRange, KeyValue, StateEngine, StateEngines } from '@millrace/ports';
import { ClassicLevel } from 'classic-level';
import { mkdir, open, readFile, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';

type Database = ClassicLevel<Buffer, Buffer>;

const chunkRows = 1_000;
/**
 * What is written since the last table lies in a log, which an open after a crash reads again at 35 ms of CPU a MiB. This is the least that costs
 * no more in writes: half a million updates of a task with 250,000 rows take 2.0 s of CPU with it as with twice as much.
 */
const writeBufferBytes = 4 * 1024 * 1024;
const binary = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;

export interface LevelOptions {
  /** Holds a folder for each engine, and `meta`. Made when it is not there. */
  readonly directory: string;
  /** Block cache of each engine. @default 8 MiB */
  readonly cacheBytes?: number;
}

/** Opens a state directory. Rejects MR_STATE_DIRECTORY when it cannot be written, MR_STATE_DISK_FULL when its disk is full. */
export async function levelEngines({ directory, cacheBytes = 8 * 1024 * 1024 }: LevelOptions): Promise<StateEngines> {
  const meta = path.join(directory, 'meta');
  await makeDirectory(meta).catch((cause: unknown) => {
    throw translated(cause, directory);
  });
  return {
    open: async (name) => {
      const location = path.join(directory, name);
      const database: Database = new ClassicLevel(location, {
        ...binary,
        cacheSize: cacheBytes,
        writeBufferSize: writeBufferBytes,
      });
      await database.open().catch((cause: unknown) => {
        throw translated(cause, location);
      });
      return new LevelEngine(database, location);
    },
    list: async () =>
      (await readdir(directory, { withFileTypes: true }))
        .filter((e) => e.isDirectory() && e.name !== 'meta')
        .map((e) => e.name)
        .sort(),
    destroy: (name) => rm(path.join(directory, name), { recursive: true, force: true }),
    readMeta: (name) => readFile(path.join(meta, name)).catch(() => undefined),
    writeMeta: (name, bytes) =>
      writeDurably(path.join(meta, name), bytes).catch((cause: unknown) => {
        throw translated(cause, meta);
      }),
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize;
    },
    close: () => Promise.resolve(),
  };
}

/** With its parents. Node's own recursion (20) never ends below a directory that is there and takes no entries, such as /proc. */
async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o750 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await isDirectory(directory))) return;
    const parent = path.dirname(directory);
    if (code !== 'ENOENT' || (await isDirectory(parent))) throw cause;
    await makeDirectory(parent);
    await makeDirectory(directory);
  }
}

function isDirectory(name: string): Promise<boolean> {
  return stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Write, fsync, rename: after a crash the file is the old one or the new one. */
async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, 'w', 0o640);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

class LevelEngine implements StateEngine {
  readonly capabilities = { persistent: true, getSync: true } as const;
  readonly #database: Database;
  readonly #location: string;

  constructor(database: Database, location: string) {
    this.#database = database;
    this.#location = location;
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Buffer | undefined)[]> {
    return this.#guard(this.#database.getMany(keys as Buffer[]));
  }

  getSync(key: Uint8Array): Buffer | undefined {
    return this.#database.getSync(key as Buffer);
  }

  async *scan({ gte, lt, reverse, limit }: KeyRange): AsyncGenerator<readonly KeyValue[]> {
    const iterator = this.#database.iterator({
      highWaterMarkBytes: 256 * 1024,
      ...(gte === undefined ? {} : { gte: gte as Buffer }),
      ...(lt === undefined ? {} : { lt: lt as Buffer }),
      ...(reverse === undefined ? {} : { reverse }),
      ...(limit === undefined ? {} : { limit }),
    });
    try {
      for (;;) {
        const rows = await this.#guard(iterator.nextv(chunkRows));
        if (rows.length === 0) return;
        yield rows;
      }
    } finally {
      await iterator.close();
    }
  }

  async write({ deleteRanges, keys, values }: EngineWrite): Promise<void> {
    const batch = this.#database.batch();
    for (const range of deleteRanges) await this.#deleteRange(batch, range);
    for (let i = 0; i < keys.length; i++) {
      const value = values[i] ?? null;
      if (value === null) batch.del(keys[i] as Buffer);
      else batch.put(keys[i] as Buffer, value as Buffer);
    }
    await this.#guard(batch.write());
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #deleteRange(
    batch: ReturnType<Database['batch']>,
    { gte, lt }: EngineWrite['deleteRanges'][number],
  ): Promise<void> {
    const iterator = this.#database.keys({ gte: gte as Buffer, lt: lt as Buffer });
    try {
      for (;;) {
        const keys = await this.#guard(iterator.nextv(chunkRows));
        if (keys.length === 0) return;
        for (const key of keys) batch.del(key);
      }
    } finally {
      await iterator.close();
    }
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      throw translated(cause, this.#location);
    }
  }
}

/** What LevelDB and the file system answer, in our terms. The text holds the path, which may be called anything: only its end tells of a full disk. */
function translated(error: unknown, directory: string): unknown {
  const { code, cause, message } = error as {
    code?: string;
    cause?: { code?: string; message?: string };
    message?: string;
  };
  const problem = cause?.message ?? message ?? String(error);
  const kind = cause?.code ?? code;
  if (kind === 'LEVEL_LOCKED') return millraceError('MR_STATE_LOCKED', { directory }, error);
  if (kind === 'LEVEL_CORRUPTION') return millraceError('MR_STATE_CORRUPT', { directory, problem }, error);
  if (kind === 'ENOSPC' || problem.endsWith('No space left on device'))
    return millraceError('MR_STATE_DISK_FULL', { directory }, error);
  return millraceError('MR_STATE_DIRECTORY', { directory, problem }, error);
}
