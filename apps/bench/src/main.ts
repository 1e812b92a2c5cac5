/** npm run bench: the workloads of the peer benches on Millrace, the restart after kill -9, and parts on their own. `--help` shows the options. */
import { MillraceError } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startChild } from './application/child-application.ts';
import { asyncBench } from './async-bench.ts';
import { benchClient } from './bench-client.ts';
import { TopicError, loadTopic } from './bench-topics.ts';
import { openBroker } from './brokers.ts';
import { clientBench } from './client-bench.ts';
import { commitBench } from './commit-bench.ts';
import { compare } from './compare.ts';
import { drain, type DrainResult } from './drain.ts';
import { generateBids } from './nexmark/bids.ts';
import {
  UsageError,
  parseOptions,
  usage,
  type BenchOptions,
  type RestartOptions,
  type WorkloadOptions,
} from './options.ts';
import { protocolBench } from './protocol-bench.ts';
import { restart } from './restart.ts';
import { workloads } from './workloads.ts';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** The exit code. */
async function bench(options: BenchOptions): Promise<number> {
  const broker = await openBroker(options.where);
  const client = benchClient(broker.address);
  try {
    await client.connect();
    switch (options.command) {
      case 'protocol':
        await protocolBench();
        return 0;
      case 'async':
        await asyncBench();
        return 0;
      case 'client':
        await clientBench(broker.address, options);
        return 0;
      case 'commit':
        await commitBench(broker.address, options);
        return 0;
      case 'restart':
        return await restartBench(options, client, broker.address);
      case 'W1':
      case 'W3':
        return await workloadBench(options, client, broker.address);
    }
  } finally {
    await client.close();
    await broker.close();
  }
}

async function workloadBench(options: WorkloadOptions, client: KafkaClient, bootstrap: string): Promise<number> {
  const { records, prefix } = options;
  await loadTopic(client, `${prefix}bids`, { count: records, records: generateBids(records) }, say);
  const run = (): Promise<DrainResult> => drained(options, client, bootstrap);
  if (options.peer !== undefined) return (await compare(options, bootstrap, run)) ? 0 : 1;
  console.log(JSON.stringify(await run()));
  return 0;
}

function drained(options: WorkloadOptions, client: KafkaClient, bootstrapServers: string): Promise<DrainResult> {
  const { exactlyOnce, commitMs, threads, records, prefix, keep, nodeArguments } = options;
  const workload = workloads.find(({ name }) => name === options.command);
  if (workload === undefined) throw new UsageError(`${options.command} is not a workload`);
  const applicationId = uniqueName(options.command);
  const bids = `${prefix}bids`;
  return inFolder((stateDir) =>
    drain(
      client,
      { workload, exactlyOnce, commitMs, threads, records, bids, applicationId, bootstrapServers, stateDir },
      { start: (job) => startChild(job, nodeArguments), keep },
    ),
  );
}

async function restartBench(options: RestartOptions, client: KafkaClient, bootstrapServers: string): Promise<number> {
  const { keys, keep, nodeArguments } = options;
  const applicationId = uniqueName('restart');
  const result = await inFolder((stateDir) =>
    restart(
      client,
      { keys, applicationId, bootstrapServers, stateDir },
      { start: (job) => startChild(job, nodeArguments), say, keep },
    ),
  );
  console.log(JSON.stringify(result));
  return result.reached ? 0 : 1;
}

async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function uniqueName(of: string): string {
  return `millrace-${of.toLowerCase()}-${Date.now().toString(36)}`;
}

function explain(error: unknown): number {
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  if (MillraceError.is(error)) say(`remedy: ${error.remedy}`);
  if (error instanceof UsageError) say(usage);
  return error instanceof UsageError || error instanceof TopicError ? 2 : 1;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') console.log(usage);
  else process.exitCode = await bench(options);
} catch (error) {
  process.exitCode = explain(error);
}
process.exit();
