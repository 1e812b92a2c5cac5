/**
 * Record headers against what Kafka Streams 4.3.1 did: all sub-topologies of a case, what goes through repartition topics included. Topics are
 * compared one by one: their order among each other is that of the JVM's test driver, which runs all sub-topologies as one task.
 */
import { expect, test } from '@jest/globals';
import { internalTopicName, subtopologies, type Program } from '@millrace/topology';
import {
  goldenProgram,
  goldenRecord,
  hexBytes,
  readGoldens,
  type Golden,
  type GoldenRecord,
} from './testdata/golden-case.ts';
import { batch, commit, drain, readAgain, run, type Running, type TestRecord } from './testdata/task-harness.ts';

/** A task for each sub-topology. A record that one writes for another is processed, and committed, before the next input comes. */
class Tasks {
  readonly #tasks: readonly Running[];
  readonly #readers: ReadonlyMap<string, Running>;
  readonly #waiting: { readonly topic: string; readonly record: TestRecord }[] = [];
  #fed = 0;

  private constructor(tasks: readonly Running[], readers: ReadonlyMap<string, Running>) {
    this.#tasks = tasks;
    this.#readers = readers;
  }

  static async start(program: Program): Promise<Tasks> {
    const tasks: Running[] = [];
    const readers = new Map<string, Running>();
    for (const [part, { sourceTopics, repartitionSources }] of subtopologies(program.topology).entries()) {
      const task = await run(program, { part });
      tasks.push(task);
      const internal = repartitionSources.map((name) => internalTopicName('app', name));
      for (const topic of [...sourceTopics, ...internal]) readers.set(topic, task);
    }
    return new Tasks(tasks, readers);
  }

  /** Processes a record and all that comes of it; gives what was written on the way. */
  async feed(topic: string, record: TestRecord): Promise<Running['written']> {
    const written: Running['written'] = [];
    this.#waiting.push({ topic, record });
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      for (const one of await this.#process(next.topic, next.record)) {
        written.push(one);
        if (this.#readers.has(one.topic)) this.#waiting.push({ topic: one.topic, record: readAgain(one) });
      }
    }
    return written;
  }

  get dropped(): number {
    return this.#tasks.flatMap(({ metrics }) => [...metrics.droppedBy.values()]).reduce((sum, count) => sum + count, 0);
  }

  async #process(topic: string, record: TestRecord): Promise<Running['written']> {
    const reader = this.#readers.get(topic);
    if (reader === undefined) return [];
    const { task, written } = reader;
    task.accept(batch(topic, this.#fed++, [record]));
    await drain(task, 1);
    await commit(task);
    return written.splice(0);
  }
}

function byTopic(records: readonly GoldenRecord[]): readonly GoldenRecord[] {
  return [...records].sort((a, b) => (a.topic === b.topic ? 0 : a.topic < b.topic ? -1 : 1));
}

test.each(readGoldens<Golden>('./header-goldens.json'))('$name', async (golden) => {
  const tasks = await Tasks.start(goldenProgram(golden));
  const seen: GoldenRecord[] = [];
  for (const [step, input] of golden.inputs.entries()) {
    if (!('topic' in input)) continue;
    const { topic, keyHex, valueHex, ts, headers } = input;
    const written = await tasks.feed(topic, [hexBytes(keyHex), hexBytes(valueHex), ts, headers]);
    seen.push(...written.map((record) => goldenRecord(step, record)));
  }
  // The harness shows a key that is absent as an empty one.
  const expected = golden.written.map((record) => ({ ...record, key: record.key ?? '' }));
  expect(byTopic(seen)).toEqual(byTopic(expected));
  expect(tasks.dropped).toBe(golden.dropped);
});
