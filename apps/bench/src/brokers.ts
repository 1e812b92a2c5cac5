/** Where a run finds its broker. */
import { fork, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError, type BenchOptions } from './options.ts';

export interface BenchBroker {
  readonly address: string;
  close(): void;
}

export async function brokerFor({ where }: BenchOptions): Promise<BenchBroker> {
  if (where.kind === 'bootstrap') return { address: where.address, close: () => undefined };
  return where.kind === 'real' ? realBroker() : embeddedBroker();
}

/** The Kafka of `npm run servers`, started when it is not up. */
function realBroker(): BenchBroker {
  const cli = path.join(import.meta.dirname, '../../../tools/servers/cli.mjs');
  const { status, stdout } = spawnSync(process.execPath, [cli, 'up', 'kafka'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = /^kafka (\S+) up$/m.exec(stdout)?.[1];
  if (status !== 0 || address === undefined) throw new UsageError('Kafka did not start; see the lines above');
  return { address, close: () => undefined };
}

async function embeddedBroker(): Promise<BenchBroker> {
  const child = fork(fileURLToPath(new URL('./broker-process.js', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const address = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(String(message)));
    child.once('exit', (code) => reject(new Error(`the embedded broker ended with code ${code}`)));
  });
  return { address, close: () => child.disconnect() };
}
