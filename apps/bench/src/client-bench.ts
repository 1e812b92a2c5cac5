/**
 * Produce and consume through a real broker, Millrace's client beside kafkajs: the same records on the same topic, each the way its user would
 * do it, in turn. Each has a process of its own for all its rounds: neither pays for the other's garbage. CPU seconds of that process per
 * million records, the least of several rounds, and their ratio.
 *
 * - consume: from the beginning of 4 partitions, key, value, offset and time of each record touched; kafkajs with `eachBatch`, its fastest way.
 * - produce: acknowledged by all replicas; kafkajs in requests of 1 000 records a partition, and without idempotence, which ours has.
 */
import { systemRandom } from '@millrace/base';
import { ownClient, partitions, produceOwn } from './client-contestants.ts';
import { Contestant } from './contestant.ts';
import { interleaved, rounded } from './cpu.ts';
import type { PartOptions } from './options.ts';

/** Prints two JSON lines, `consume` and `produce`. */
export async function clientBench(bootstrap: string, { records = 400_000, rounds = 5 }: PartOptions): Promise<void> {
  const client = ownClient(bootstrap);
  const topic = `bench-${systemRandom.uuid()}`;
  await client.connect();
  const configs = { 'retention.ms': '-1' };
  await client.admin.createTopics([{ name: topic, partitions, replicationFactor: 1, configs }]);
  await produceOwn(client, { topic, records });
  const contestants = {
    millrace: new Contestant('millrace', bootstrap),
    kafkajs: new Contestant('kafkajs', bootstrap),
  };
  try {
    for (const kind of ['consume', 'produce'] as const) {
      const work = { kind, topic, records };
      const both = { millrace: () => contestants.millrace.run(work), kafkajs: () => contestants.kafkajs.run(work) };
      await interleaved(1, both);
      report(kind, records, await interleaved(rounds, both));
    }
  } finally {
    contestants.millrace.end();
    contestants.kafkajs.end();
    await client.admin.deleteTopics([topic]);
    await client.close();
  }
}

function report(bench: string, records: number, seconds: Readonly<Record<'millrace' | 'kafkajs', number>>): void {
  const perMillion = (of: number): number => rounded((of * 1e6) / records);
  const ratio = rounded(seconds.kafkajs / seconds.millrace, 1);
  const figures = { millrace: perMillion(seconds.millrace), kafkajs: perMillion(seconds.kafkajs), ratio };
  const unit = 'CPU seconds per million records';
  process.stdout.write(
    `${JSON.stringify({ bench, unit, records, ...figures, wantedRatio: 10, reached: ratio >= 10 })}\n`,
  );
}
