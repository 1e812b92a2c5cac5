/** Who a process is across restarts: its transactional ids and its place in the assignment hang on it. Kept beside the state. */
import type { Random } from '@millrace/base';
import type { StateEngines } from '@millrace/ports';

/** The JVM library's file, with its content. */
const metaName = 'kafka-streams-process-metadata';

/** The process id, made and stored at the first start. An unreadable file is replaced: the old id times out. */
export async function processIdentity(engines: StateEngines, random: Random): Promise<string> {
  const stored = await engines.readMeta(metaName);
  const known = stored === undefined ? undefined : processIdIn(stored);
  if (known !== undefined) return known;
  const processId = random.uuid();
  await engines.writeMeta(metaName, Buffer.from(JSON.stringify({ processId })));
  return processId;
}

function processIdIn(bytes: Buffer): string | undefined {
  try {
    const { processId } = JSON.parse(bytes.toString()) as { processId?: unknown };
    return typeof processId === 'string' && /^[0-9a-f-]{36}$/i.test(processId) ? processId : undefined;
  } catch {
    return undefined;
  }
}
