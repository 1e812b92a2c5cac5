/**
 * Produce and consume through a real broker, Millrace's client beside kafkajs: the same records on the same topic, each the way its user would
 * do it, in turn. Each has a process of its own for all its rounds: neither pays for the other's garbage. CPU seconds of that process with all
 * its threads per million records, the least of several rounds, and their ratio.
 *
 * - consume: from the beginning of 4 partitions, key, value, offset and time of each record touched, in batches of 16 KB as stock producers
 *   make them; both fetch with their defaults, 1 MiB a partition. Ours checks the CRC of each batch, which kafkajs does not. kafkajs with
 *   `eachBatch`, its fastest way, and with `eachMessage`, its usual one. Each reads the topic twice in its turn and the second time counts: it
 *   is idle while the others have theirs, V8 gives memory back meanwhile, and getting that anew costs ours half as much again.
 * - produce: acknowledged by all replicas; kafkajs in requests of 1 000 records a partition, and without idempotence, which ours has.
 */
import { systemRandom } from '@millrace/base';
import { ownClient, partitions, produceOwn, type ClientWork } from './client-contestants.ts';
import { Contestant } from './contestant.ts';
import { interleaved, rounded } from './cpu.ts';
import type { PartOptions } from './options.ts';

/** `batch.size` of the JVM's producer. */
const stockBatchBytes = 16_384;

/** Prints two JSON lines, `consume` and `produce`. */
export async function clientBench(bootstrap: string, { records = 2_000_000, rounds = 5 }: PartOptions): Promise<void> {
  const client = ownClient(bootstrap);
  const topic = `bench-${systemRandom.uuid()}`;
  await client.connect();
  const configs = { 'retention.ms': '-1' };
  await client.admin.createTopics([{ name: topic, partitions, replicationFactor: 1, configs }]);
  await produceOwn(client, { topic, records }, { batchBytes: stockBatchBytes });
  const contestants = {
    millrace: new Contestant('millrace', bootstrap),
    kafkajs: new Contestant('kafkajs', bootstrap),
  };
  const { millrace, kafkajs } = contestants;
  try {
    const reading = { topic, records };
    const consume = {
      millrace: () => steady(millrace, { kind: 'consume', ...reading }),
      kafkajs: () => steady(kafkajs, { kind: 'consume', ...reading }),
      kafkajsEachMessage: () => steady(kafkajs, { kind: 'consumeEach', ...reading }),
    };
    report('consume', records, await interleaved(rounds, consume));
    const writing = { topic, records: Math.ceil(records / 10) };
    const produce = {
      millrace: () => millrace.run({ kind: 'produce', ...writing }),
      kafkajs: () => kafkajs.run({ kind: 'produce', ...writing }),
    };
    await interleaved(1, produce);
    report('produce', writing.records, await interleaved(rounds, produce));
  } finally {
    contestants.millrace.end();
    contestants.kafkajs.end();
    await client.admin.deleteTopics([topic]);
    await client.close();
  }
}

/** CPU seconds of the same work done a second time. */
async function steady(contestant: Contestant, work: ClientWork): Promise<number> {
  await contestant.run(work);
  return contestant.run(work);
}

interface Seconds {
  readonly millrace: number;
  readonly kafkajs: number;
  readonly kafkajsEachMessage?: number;
}

function report(bench: string, records: number, { millrace, kafkajs, kafkajsEachMessage: each }: Seconds): void {
  const perMillion = (seconds: number): number => rounded((seconds * 1e6) / records);
  const ratio = rounded(kafkajs / millrace, 1);
  const eachMessage =
    each === undefined ? {} : { kafkajsEachMessage: perMillion(each), ratioEachMessage: rounded(each / millrace, 1) };
  const unit = 'CPU seconds per million records';
  const figures = { millrace: perMillion(millrace), kafkajs: perMillion(kafkajs), ratio, ...eachMessage };
  const line = { bench, unit, records, ...figures, wantedRatio: 10, reached: ratio >= 10 };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
